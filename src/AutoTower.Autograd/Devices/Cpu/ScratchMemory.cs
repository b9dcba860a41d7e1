using System.Runtime.InteropServices;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>
/// Memory for intermediate results: rented for the length of a call, kept for the next one, so that a training step allocates nothing.
/// Safe for use from several threads.
/// </summary>
internal sealed unsafe class ScratchMemory : IDisposable
{
    private const nuint Alignment = 64;
    private const long Granularity = 1 << 16;

    private readonly List<(nint Address, long Bytes)> _free = [];

    /// <summary>Lends room for <paramref name="count"/> elements with undefined contents until the lease is disposed.</summary>
    public Lease<T> Rent<T>(long count)
        where T : unmanaged
    {
        var bytes = (Math.Max(count * sizeof(T), 1) + Granularity - 1) / Granularity * Granularity;
        lock (_free)
        {
            // The smallest block that is large enough, so that small requests leave the large blocks to large ones.
            var best = -1;
            for (var i = 0; i < _free.Count; i++)
            {
                if (_free[i].Bytes >= bytes && (best < 0 || _free[i].Bytes < _free[best].Bytes))
                {
                    best = i;
                }
            }

            if (best >= 0)
            {
                var block = _free[best];
                _free.RemoveAt(best);
                return new Lease<T>(this, block.Address, block.Bytes);
            }
        }

        return new Lease<T>(this, (nint)NativeMemory.AlignedAlloc((nuint)bytes, Alignment), bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_free)
        {
            foreach (var (address, _) in _free)
            {
                NativeMemory.AlignedFree((void*)address);
            }

            _free.Clear();
        }
    }

    private void Return(nint address, long bytes)
    {
        lock (_free)
        {
            _free.Add((address, bytes));
        }
    }

    /// <summary>Rented memory; disposing gives it back.</summary>
    internal readonly struct Lease<T>(ScratchMemory owner, nint address, long bytes) : IDisposable
        where T : unmanaged
    {
        /// <summary>The first element, 64-byte aligned.</summary>
        public T* Pointer => (T*)address;

        /// <inheritdoc/>
        public void Dispose() => owner.Return(address, bytes);
    }
}
