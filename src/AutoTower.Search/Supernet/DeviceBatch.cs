using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Search.Supernet;

/// <summary>The index arrays of a batch at fixed addresses, filled by <see cref="IBatchKernels"/>.</summary>
public sealed class DeviceBatch : IDisposable
{
    private readonly DeviceBuffer<int> _memory;

    /// <summary>Allocates a batch of <paramref name="size"/> examples with histories of <paramref name="historyLength"/>.</summary>
    public DeviceBatch(Device device, int size, int historyLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        Size = size;
        HistoryLength = historyLength;
        _memory = new DeviceBuffer<int>(device, (long)size * (3 + historyLength), "batch");
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
            all.Slice(0, count), all.Slice(Size, count), all.Slice(3 * Size, count * HistoryLength), all.Slice(2 * Size, count));
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
