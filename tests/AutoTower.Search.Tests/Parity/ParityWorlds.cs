using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Cuda;
using AutoTower.Kernels;
using AutoTower.Search.Data;
using AutoTower.Search.Pipeline;

namespace AutoTower.Search.Tests.Parity;

/// <summary>GPU tests run one at a time and share their device: opening one loads every kernel.</summary>
[CollectionDefinition("gpu")]
public sealed class GpuCollection : ICollectionFixture<ParityWorlds>;

/// <summary>The same small experiment on the CPU device and, where there is a GPU, on the CUDA device.</summary>
public sealed class ParityWorlds : IDisposable
{
    private readonly CudaDevice? _cuda;

    public ParityWorlds()
    {
        Reference = new CpuDevice(2);
        if (!CudaContext.TryProbe(out var reason))
        {
            WhyNoGpu = reason;
            return;
        }

        _cuda = new CudaDevice();
        // Emulated devices are named so; what they can do in seconds is less.
        IsEmulated = _cuda.Name.Contains("emulat", StringComparison.OrdinalIgnoreCase);
    }

    public string? WhyNoGpu { get; }

    public bool IsEmulated { get; }

    public CpuDevice Reference { get; }

    public CudaDevice Cuda => _cuda!;

    /// <summary>An experiment on <paramref name="device"/>; larger on a real GPU.</summary>
    public Experiment Experiment(Device device) => new(
        device,
        DatasetPresets.Load("synthetic", null, new SyntheticOptions { Users = IsEmulated ? 120 : 1500, Items = IsEmulated ? 90 : 800, Interactions = IsEmulated ? 4000 : 60_000 }),
        SplitProtocol.Paper,
        IsEmulated ? 8 : 16,
        seed: 1);

    public void Dispose()
    {
        Reference.Dispose();
        _cuda?.Dispose();
    }
}
