using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Memory;

/// <summary>
/// Device memory with explicit lifetimes: every allocation has one owner and the name of who asked for it. The counters are the leak
/// check; the .NET collector neither knows about device memory nor frees it here.
/// </summary>
public sealed class DeviceMemoryPool : IDisposable
{
    private readonly IDeviceAllocator _allocator;
    private readonly Lock _lock = new();
    private readonly Dictionary<nint, (string Name, long Bytes)> _live = [];

    /// <summary>Creates a pool in a stream's order: memory may be used from other streams once they waited for this one.</summary>
    /// <param name="stream">Stream whose order allocations and releases keep.</param>
    public DeviceMemoryPool(CudaStream stream)
        : this(new StreamOrderedAllocator(stream ?? throw new ArgumentNullException(nameof(stream))))
    {
    }

    internal DeviceMemoryPool(IDeviceAllocator allocator) => _allocator = allocator;

    /// <summary>Allocations that were not released yet.</summary>
    public int LiveAllocations
    {
        get
        {
            lock (_lock)
            {
                return _live.Count;
            }
        }
    }

    /// <summary>Bytes of all live allocations.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>Most bytes that were ever live at once.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Allocates memory; its content is undefined.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="length">Number of elements; 0 gives a valid owner of nothing to use.</param>
    /// <param name="name">Who asks, as messages and <see cref="Holdings"/> show it.</param>
    /// <returns>The owner of the memory; disposing it releases the memory.</returns>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room.</exception>
    public unsafe CudaDeviceVariable<T> Allocate<T>(long length, string name)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentException.ThrowIfNullOrEmpty(name);
        // The driver refuses empty allocations; one byte keeps "every variable has its own address" true.
        long bytes = Math.Max(1, checked(length * sizeof(T)));
        lock (_lock)
        {
            if (!_allocator.TryAllocate(bytes, out nint pointer))
            {
                throw OutOfMemory(name, bytes);
            }
            _live.Add(pointer, (name, bytes));
            LiveBytes += bytes;
            PeakBytes = Math.Max(PeakBytes, LiveBytes);
            return new CudaDeviceVariable<T>(this, pointer, length, name);
        }
    }

    /// <summary>What is held, by name, biggest first.</summary>
    /// <returns>One entry a name.</returns>
    public IReadOnlyList<MemoryHolding> Holdings()
    {
        lock (_lock)
        {
            return HoldingSummary.Group(_live.Values);
        }
    }

    /// <summary>Gives everything back to the driver, allocations that are still live included; their owners must not be used any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (nint pointer in _live.Keys)
            {
                _allocator.Free(pointer);
            }
            _live.Clear();
            LiveBytes = 0;
            _allocator.Dispose();
        }
    }

    internal void Release(nint pointer)
    {
        lock (_lock)
        {
            if (_live.Remove(pointer, out (string Name, long Bytes) entry))
            {
                LiveBytes -= entry.Bytes;
                _allocator.Free(pointer);
            }
        }
    }

    private DeviceOutOfMemoryException OutOfMemory(string name, long bytes)
    {
        (long free, long total) = _allocator.DeviceMemory();
        return new DeviceOutOfMemoryException(
            $"Out of device memory: {name} asked for {ByteSize.Format(bytes)}, {ByteSize.Format(free)} of {ByteSize.Format(total)} are free; "
            + $"held by this pool, {ByteSize.Format(LiveBytes)}: {HoldingSummary.Describe(Holdings())}.", name, bytes);
    }
}
