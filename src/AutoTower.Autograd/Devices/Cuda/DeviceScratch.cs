using AutoTower.Kernels.Memory;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>
/// Memory for intermediate results of one operation: every operation uses it from the start, in the stream's order. It grows at the first
/// call that needs more, outside any capture; outgrown blocks stay, because captured graphs may hold their addresses.
/// </summary>
/// <param name="pool">Where blocks come from, in the order of its stream.</param>
internal sealed class DeviceScratch(DeviceMemoryPool pool) : IDisposable
{
    private const long Alignment = 256;
    private const long SmallestBlock = 4 << 20;
    private readonly List<CudaDeviceVariable<byte>> _blocks = [];

    /// <summary>The next offset of a block at which any access is aligned.</summary>
    public static long Align(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    /// <summary>The address of at least <paramref name="bytes"/>, 256-byte aligned, contents undefined.</summary>
    public nint Reserve(long bytes)
    {
        if (_blocks.Count == 0 || _blocks[^1].Length < bytes)
        {
            var size = Math.Max(Math.Max(bytes, SmallestBlock), _blocks.Count == 0 ? 0 : 2 * _blocks[^1].Length);
            _blocks.Add(pool.Allocate<byte>(size, "kernel scratch memory"));
        }

        return _blocks[^1].Pointer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in _blocks)
        {
            block.Dispose();
        }

        _blocks.Clear();
    }
}
