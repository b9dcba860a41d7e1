using AutoTower.Kernels.Compilation;
using AutoTower.Kernels.Launch;
using AutoTower.Kernels.Memory;
using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Tests.Gpu;

/// <summary>
/// Base of the tests that need a device: skipped with the probe's reason when there is none, and failed when they leave device memory
/// behind. One collection, so that memory and timing belong to one test at a time.
/// </summary>
[Collection("gpu")]
[Trait("category", "gpu")]
public abstract class GpuTest : IDisposable
{
    private CudaContext? _context;
    private CudaStream? _stream;
    private DeviceMemoryPool? _pool;

    protected GpuTest()
    {
        Assert.SkipUnless(CudaContext.TryProbe(out string reason), reason);
        _context = new CudaContext();
        _stream = new CudaStream(_context);
        _pool = new DeviceMemoryPool(_stream);
    }

    protected CudaContext Context => _context!;

    protected CudaStream Stream => _stream!;

    protected DeviceMemoryPool Pool => _pool!;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        int live = _pool?.LiveAllocations ?? 0;
        _pool?.Dispose();
        _stream?.Dispose();
        _context?.Dispose();
        _context = null;
        _stream = null;
        _pool = null;
        Assert.Equal(0, live);
    }

    /// <summary>Whether the device is the CPU emulator of tests/emulator.</summary>
    protected bool IsEmulator => Context.Name == "AutoTower CPU emulator";

    /// <summary>Skips a test that only a real GPU can pass.</summary>
    protected void SkipOnEmulator(string reason) => Assert.SkipWhen(IsEmulator, $"the CPU emulator {reason}");

    /// <summary>Compiles a source and loads it.</summary>
    protected CudaModule Compile(string source, params (string Name, string Text)[] headers)
    {
        var kernels = new KernelSource("test.cu", source, headers.ToDictionary(header => header.Name, header => header.Text));
        return new CudaModule(Context, new CudaRuntimeCompiler().Compile(kernels, new CompilationOptions(Context.ComputeCapability.Architecture)).Image.Span, "test.cu");
    }

    /// <summary>Reads device values back.</summary>
    protected T[] Read<T>(CudaDeviceVariable<T> variable)
        where T : unmanaged
    {
        var values = new T[variable.Length];
        variable.View.ReadToHostAndWait(values, Stream);
        return values;
    }

    /// <summary>Puts values on the device; the test disposes the owner.</summary>
    protected CudaDeviceVariable<T> Upload<T>(T[] values, string name = "test input")
        where T : unmanaged
    {
        CudaDeviceVariable<T> variable = Pool.Allocate<T>(values.Length, name);
        variable.View.CopyFromHostAndWait(values, Stream);
        return variable;
    }
}
