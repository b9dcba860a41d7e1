using AutoTower.Kernels.Memory;

namespace AutoTower.Kernels.Tests.Memory;

/// <summary>A device of a given size that only counts; its addresses start where a null pointer cannot be mistaken for one.</summary>
internal sealed class FakeAllocator(long capacity) : IDeviceAllocator
{
    private readonly Dictionary<nint, long> _live = [];
    private nint _next = 0x10000;

    internal long Used => _live.Values.Sum();

    internal bool Disposed { get; private set; }

    public bool TryAllocate(long bytes, out nint pointer)
    {
        pointer = 0;
        if (bytes > capacity - Used)
        {
            return false;
        }
        pointer = _next;
        _next += (nint)bytes + 0x1000;
        _live.Add(pointer, bytes);
        return true;
    }

    public void Free(nint pointer) => Assert.True(_live.Remove(pointer), "freed twice or never allocated");

    public (long Free, long Total) DeviceMemory() => (capacity - Used, capacity);

    public void Dispose() => Disposed = true;
}
