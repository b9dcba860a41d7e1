using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Cuda;
using AutoTower.Kernels;

namespace AutoTower.Autograd.Tests.Parity;

/// <summary>
/// Base of the tests that hold the CUDA device to the CPU device: one call runs on both, then outputs are compared. Skipped with the probe's
/// reason where there is no GPU, and failed when a test leaves device memory behind.
/// </summary>
[Collection("gpu")]
[Trait("category", "gpu")]
public abstract class DeviceParityTest : IDisposable
{
    /// <summary>Sums of a few thousand products differ in order only: some units in the last place, 6e-8 each.</summary>
    protected const double Fp32Bound = 1e-5;

    private readonly List<IDisposable> _owned = [];
    private readonly System.Random _random = new(20261);
    private readonly CpuDevice _reference = new(1);

    protected DeviceParityTest(GpuDevices devices, CudaDeviceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(devices);
        Assert.SkipUnless(CudaContext.TryProbe(out var reason), reason);
        Cuda = devices.Open(options ?? new CudaDeviceOptions());
    }

    protected CudaDevice Cuda { get; }

    protected Device Reference => _reference;

    /// <summary>Inputs, and gradients that an operation accumulates into: values in [-scale, scale).</summary>
    protected ParityMatrix Random(int rows, int columns, int gap = 0, float scale = 1) =>
        Own(new ParityMatrix(_reference, Cuda, rows, columns, gap, () => scale * (float)((2 * _random.NextDouble()) - 1)));

    /// <summary>What an operation assigns: NaN before the call.</summary>
    protected ParityMatrix Poisoned(int rows, int columns, int gap = 0) =>
        Own(new ParityMatrix(_reference, Cuda, rows, columns, gap, () => float.NaN));

    /// <summary>What an operation accumulates into from zero.</summary>
    protected ParityMatrix Zeros(int rows, int columns, int gap = 0) => Own(new ParityMatrix(_reference, Cuda, rows, columns, gap, () => 0));

    protected ParityIntegers Integers(params ReadOnlySpan<int> values) => Own(new ParityIntegers(_reference, Cuda, values));

    /// <summary>Random integers in [minimum, limit).</summary>
    protected ParityIntegers RandomIntegers(int count, int minimum, int limit)
    {
        var values = new int[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = _random.Next(minimum, limit);
        }

        return Integers(values);
    }

    /// <summary>Runs a call on the CPU device and on the CUDA device.</summary>
    protected void Run(Action<Device> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        call(_reference);
        call(Cuda);
    }

    /// <summary>Norm of the difference over norm of the reference is within the bound, and NaN is nowhere.</summary>
    protected void AssertClose(ParityMatrix matrix, double bound = Fp32Bound)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        AssertClose(matrix.Values(_reference), matrix.Values(Cuda), bound);
    }

    protected static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double bound)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = 0;
        double norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)actual[i] - expected[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        Assert.True(double.IsFinite(norm), "the reference is not finite");
        Assert.True(difference <= bound * bound * norm, $"relative error {Math.Sqrt(difference / norm):E2}, bound {bound:E0}");
    }

    /// <summary>Every element is the same, bit by bit.</summary>
    protected void AssertSame(ParityMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        Assert.Equal(
            matrix.Values(_reference).Select(BitConverter.SingleToInt32Bits), matrix.Values(Cuda).Select(BitConverter.SingleToInt32Bits));
    }

    protected void AssertSame(ParityIntegers integers)
    {
        ArgumentNullException.ThrowIfNull(integers);
        Assert.Equal(integers.Values(_reference), integers.Values(Cuda));
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        foreach (var owned in _owned)
        {
            owned.Dispose();
        }

        _reference.Dispose();
        // Null where the constructor skipped the test.
        Assert.Equal(0, Cuda?.LiveBytes ?? 0);
    }

    private T Own<T>(T created)
        where T : IDisposable
    {
        _owned.Add(created);
        return created;
    }
}
