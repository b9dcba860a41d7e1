using System.CommandLine;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Cuda;
using AutoTower.Kernels;

namespace AutoTower.Cli.Options;

/// <summary>Where a command computes and how: device, precision, reproducibility, kernel sources, threads.</summary>
internal sealed class DeviceOptions
{
    private readonly Option<string> _device = new("--device")
    {
        Description = "auto, cpu or cuda; auto takes a usable GPU where there is one.",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<string> _precision = new("--precision")
    {
        Description = "Dense products on the GPU: fp32, or tf32 on tensor cores.",
        DefaultValueFactory = _ => "fp32",
    };

    private readonly Option<bool> _deterministic = new("--deterministic")
    {
        Description = "The same bits from run to run for a seed on one GPU model; the CPU always gives them.",
    };

    private readonly Option<string?> _kernels = new("--kernels-dir")
    {
        Description = "Folder with kernel sources (*.cu, common/*.cuh) to use instead of the built-in ones.",
    };

    private readonly Option<int?> _threads = NumberOption.OptionalPositive("--threads", "CPU threads; all processors by default.");

    public void AddTo(Command command)
    {
        Option[] options = [_device, _precision, _deterministic, _kernels, _threads];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The device that was asked for, named on the error output; the caller owns it.</summary>
    /// <exception cref="ArgumentException">An option has no such value.</exception>
    /// <exception cref="CudaEngineException">The GPU can't be used; the message says why.</exception>
    public Device Create(ParseResult parsed)
    {
        var device = Open(parsed);
        parsed.InvocationConfiguration.Error.WriteLine($"autotower: running on {device.Name}.");
        return device;
    }

    /// <summary>The same without a word about it.</summary>
    public Device Open(ParseResult parsed)
    {
        var precision = parsed.GetValue(_precision) switch
        {
            "fp32" => Precision.Fp32,
            "tf32" => Precision.Tf32,
            var other => throw new ArgumentException($"--precision takes fp32 or tf32, not '{other}'."),
        };
        var error = parsed.InvocationConfiguration.Error;
        var options = new CudaDeviceOptions
        {
            Precision = precision,
            Deterministic = parsed.GetValue(_deterministic),
            KernelsDirectory = parsed.GetValue(_kernels),
            Warning = sentence => error.WriteLine($"autotower: {sentence}"),
        };
        return parsed.GetValue(_device) switch
        {
            "cpu" when precision == Precision.Tf32 => throw new ArgumentException("--precision tf32 needs a GPU; the CPU computes in fp32."),
            "cpu" => Cpu(parsed),
            "cuda" => new CudaDevice(options),
            "auto" => (Device?)UsableGpu(options) ?? Cpu(parsed),
            var other => throw new ArgumentException($"--device takes auto, cpu or cuda, not '{other}'."),
        };
    }

    private static CudaDevice? UsableGpu(CudaDeviceOptions options)
    {
        if (!CudaContext.TryProbe(out _))
        {
            return null;
        }

        try
        {
            return new CudaDevice(options);
        }
        catch (CudaLibraryNotFoundException missing)
        {
            options.Warning?.Invoke($"{missing.Message} The CPU is used instead of the GPU.");
            return null;
        }
    }

    private CpuDevice Cpu(ParseResult parsed) => new(parsed.GetValue(_threads));
}
