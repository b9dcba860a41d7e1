namespace AutoTower.Kernels.Memory;

/// <summary>
/// One slab of device memory that hands out named ranges in order and takes all of them back at once. The same requests after
/// <see cref="Reset"/> get the same addresses, which is what a captured graph needs.
/// </summary>
public sealed class DeviceArena : IDisposable
{
    /// <summary>Every range starts at a multiple of this many bytes, so that any vector load and cuBLAS can use it.</summary>
    public const int Alignment = 256;

    private readonly CudaDeviceVariable<byte> _slab;
    private readonly List<(string Name, long Bytes)> _ranges = [];
    private long _used;

    /// <summary>Allocates the slab.</summary>
    /// <param name="pool">Pool that it comes from.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="name">Who asks.</param>
    public DeviceArena(DeviceMemoryPool pool, long bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(pool);
        _slab = pool.Allocate<byte>(bytes, name);
    }

    /// <summary>Size of the slab in bytes.</summary>
    public long Capacity => _slab.Length;

    /// <summary>Bytes handed out since the last reset, gaps for alignment included.</summary>
    public long UsedBytes => _used;

    /// <summary>Most bytes that were ever handed out between two resets.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Ranges handed out since the last reset.</summary>
    public int LiveRanges => _ranges.Count;

    /// <summary>Hands out a range; its content is undefined.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="length">Number of elements.</param>
    /// <param name="name">Who asks.</param>
    /// <returns>The range, valid until <see cref="Reset"/> or until <see cref="ReleaseTo"/> an earlier mark.</returns>
    /// <exception cref="DeviceOutOfMemoryException">The slab is too small.</exception>
    public unsafe CudaDeviceView<T> Take<T>(long length, string name)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentException.ThrowIfNullOrEmpty(name);
        long bytes = checked(length * sizeof(T));
        long start = (_used + Alignment - 1) / Alignment * Alignment;
        if (bytes > Capacity - start)
        {
            throw Exhausted(name, bytes, Math.Max(0, Capacity - start));
        }
        var range = new CudaDeviceView<T>(_slab.Pointer + (nint)start, length);
        _used = start + bytes;
        PeakBytes = Math.Max(PeakBytes, _used);
        _ranges.Add((name, bytes));
        return range;
    }

    /// <summary>The current position, for <see cref="ReleaseTo"/>.</summary>
    /// <returns>A mark.</returns>
    public ArenaMark Mark() => new(_used, _ranges.Count);

    /// <summary>Takes back every range handed out since a mark: temporaries of a step.</summary>
    /// <param name="mark">A mark of this arena that was not released past.</param>
    public void ReleaseTo(ArenaMark mark)
    {
        if (mark.Ranges > _ranges.Count || mark.Used > _used)
        {
            throw new InvalidOperationException("The arena was already released past this mark.");
        }
        _used = mark.Used;
        _ranges.RemoveRange(mark.Ranges, _ranges.Count - mark.Ranges);
    }

    /// <summary>Takes back every range.</summary>
    public void Reset() => ReleaseTo(default);

    /// <summary>What is handed out, by name, biggest first.</summary>
    /// <returns>One entry a name.</returns>
    public IReadOnlyList<MemoryHolding> Holdings() => HoldingSummary.Group(_ranges);

    /// <summary>Gives the slab back to its pool.</summary>
    public void Dispose() => _slab.Dispose();

    private DeviceOutOfMemoryException Exhausted(string name, long bytes, long left) => new(
        $"The arena {_slab.Name} is too small: {name} asked for {ByteSize.Format(bytes)}, {ByteSize.Format(left)} of {ByteSize.Format(Capacity)} are left; "
        + $"handed out are: {HoldingSummary.Describe(Holdings())}.", name, bytes);
}
