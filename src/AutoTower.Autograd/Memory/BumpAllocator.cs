using AutoTower.Autograd.Devices;

namespace AutoTower.Autograd.Memory;

/// <summary>
/// Hands out device memory front to back and takes it all back at once. It grows by whole chunks and joins them at the next
/// <see cref="Reset"/>, so from the second equal step on addresses are the same every time and nothing is allocated.
/// </summary>
internal sealed class BumpAllocator(Device device, string purpose) : IDisposable
{
    private const long Alignment = 64;
    private const long SmallestChunk = 1 << 20;
    private readonly List<Chunk> _chunks = [];

    /// <summary>Bytes handed out since the last reset.</summary>
    public long UsedBytes => _chunks.Sum(chunk => chunk.Used);

    public nint Take(long bytes)
    {
        var rounded = (Math.Max(bytes, 1) + Alignment - 1) / Alignment * Alignment;
        if (_chunks.Count == 0 || _chunks[^1].Used + rounded > _chunks[^1].Size)
        {
            var size = Math.Max(Math.Max(rounded, SmallestChunk), _chunks.Count == 0 ? 0 : _chunks[^1].Size);
            _chunks.Add(new Chunk(device.Allocate(size, purpose), size));
        }

        var last = _chunks[^1];
        var address = last.Address + (nint)last.Used;
        last.Used += rounded;
        return address;
    }

    public void Reset()
    {
        if (_chunks.Count > 1)
        {
            var total = _chunks.Sum(chunk => chunk.Size);
            Dispose();
            _chunks.Add(new Chunk(device.Allocate(total, purpose), total));
        }
        else if (_chunks.Count == 1)
        {
            _chunks[0].Used = 0;
        }
    }

    public void ZeroUsed()
    {
        foreach (var chunk in _chunks)
        {
            device.Zero(chunk.Address, chunk.Used);
        }
    }

    public void Dispose()
    {
        foreach (var chunk in _chunks)
        {
            device.Free(chunk.Address);
        }

        _chunks.Clear();
    }

    private sealed class Chunk(nint address, long size)
    {
        public nint Address { get; } = address;

        public long Size { get; } = size;

        public long Used { get; set; }
    }
}
