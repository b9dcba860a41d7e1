using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Search.Supernet;

/// <summary>The index arrays of a batch at fixed addresses, filled by <see cref="IBatchKernels"/>.</summary>
public sealed class DeviceBatch : IDisposable
{
    private readonly DeviceBuffer<int> _memory;
    private readonly DeviceBuffer<float>? _rewards;

    /// <summary>
    /// Allocates a batch of <paramref name="size"/> examples with histories of <paramref name="historyLength"/>, with weights where
    /// <paramref name="isWeighted"/>.
    /// </summary>
    public DeviceBatch(Device device, int size, int historyLength, bool isWeighted = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        Size = size;
        HistoryLength = historyLength;
        _memory = new DeviceBuffer<int>(device, (long)size * (3 + historyLength), "batch");
        _rewards = isWeighted ? new DeviceBuffer<float>(device, size, "batch weights") : null;
    }

    /// <summary>Largest number of examples.</summary>
    public int Size { get; }

    /// <summary>L.</summary>
    public int HistoryLength { get; }

    /// <summary>The arrays of a batch of <paramref name="count"/> examples, at most <see cref="Size"/>.</summary>
    public BatchArrays Arrays(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Size);
        var all = new IntegerArray(_memory.Address, (int)_memory.Length);
        return new BatchArrays(
            all.Slice(0, count), all.Slice(Size, count), all.Slice(3 * Size, count * HistoryLength), all.Slice(2 * Size, count), Rewards(count));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        _rewards?.Dispose();
    }

    private Matrix Rewards(int count) => _rewards is null ? Matrix.None : new Matrix(_rewards.Address, 1, count);
}
