using AutoTower.Kernels.Native;
using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Memory;

/// <summary>
/// A range of device memory that somebody else owns; valid as long as the owner is. Copies go through a stream and keep its order;
/// those that involve ordinary host memory wait for the stream and say so in their names.
/// </summary>
/// <typeparam name="T">Element type.</typeparam>
public readonly unsafe struct CudaDeviceView<T> : IEquatable<CudaDeviceView<T>>
    where T : unmanaged
{
    /// <summary>Views memory by address.</summary>
    /// <param name="pointer">Device address of the first element.</param>
    /// <param name="length">Number of elements.</param>
    public CudaDeviceView(nint pointer, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Pointer = pointer;
        Length = length;
    }

    /// <summary>Device address of the first element.</summary>
    public nint Pointer { get; }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Size in bytes.</summary>
    public long Bytes => Length * sizeof(T);

    /// <summary>Whether two views are the same range.</summary>
    /// <param name="left">One view.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when address and length agree.</returns>
    public static bool operator ==(CudaDeviceView<T> left, CudaDeviceView<T> right) => left.Equals(right);

    /// <summary>Whether two views are different ranges.</summary>
    /// <param name="left">One view.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when address or length differ.</returns>
    public static bool operator !=(CudaDeviceView<T> left, CudaDeviceView<T> right) => !left.Equals(right);

    /// <summary>A part of the view.</summary>
    /// <param name="start">First element.</param>
    /// <param name="length">Number of elements.</param>
    /// <returns>The part, which nobody needs to release.</returns>
    public CudaDeviceView<T> Slice(long start, long length)
    {
        if (start < 0 || length < 0 || start > Length - length)
        {
            throw new ArgumentOutOfRangeException(nameof(start), $"elements {start} to {start + length} of a view of {Length}");
        }
        return new CudaDeviceView<T>(Pointer + (nint)(start * sizeof(T)), length);
    }

    /// <summary>Sets every byte to zero.</summary>
    /// <param name="stream">Stream that does it.</param>
    public void Clear(CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        nint handle = stream.Enter();
        if (Length > 0)
        {
            CudaException.ThrowIfFailed(LibCuda.cuMemsetD8Async(Pointer, 0, (nuint)Bytes, handle));
        }
    }

    /// <summary>Sets every 32-bit word to a bit pattern; for floats use <see cref="BitConverter.SingleToUInt32Bits"/>.</summary>
    /// <param name="pattern">The word.</param>
    /// <param name="stream">Stream that does it.</param>
    public void Fill(uint pattern, CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (Bytes % sizeof(uint) != 0)
        {
            throw new InvalidOperationException($"A view of {Bytes} bytes cannot be filled by 32-bit words.");
        }
        nint handle = stream.Enter();
        if (Length > 0)
        {
            CudaException.ThrowIfFailed(LibCuda.cuMemsetD32Async(Pointer, pattern, (nuint)(Bytes / sizeof(uint)), handle));
        }
    }

    /// <summary>Copies from the host and waits until it is done.</summary>
    /// <param name="source">As many elements as the view has.</param>
    /// <param name="stream">Stream that copies.</param>
    public void CopyFromHostAndWait(ReadOnlySpan<T> source, CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        RequireLength(source.Length);
        nint handle = stream.Enter();
        if (Length > 0)
        {
            fixed (T* host = source)
            {
                CudaException.ThrowIfFailed(LibCuda.cuMemcpyHtoDAsync(Pointer, host, (nuint)Bytes, handle));
                stream.Synchronize();
            }
        }
    }

    /// <summary>Reads the values back to the host, after everything put into the stream before; waits until it is done.</summary>
    /// <param name="destination">As many elements as the view has.</param>
    /// <param name="stream">Stream that copies.</param>
    public void ReadToHostAndWait(Span<T> destination, CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        RequireLength(destination.Length);
        nint handle = stream.Enter();
        if (Length > 0)
        {
            fixed (T* host = destination)
            {
                CudaException.ThrowIfFailed(LibCuda.cuMemcpyDtoHAsync(host, Pointer, (nuint)Bytes, handle));
                stream.Synchronize();
            }
        }
    }

    /// <summary>Copies from page-locked host memory; the host does not wait and must not change the source before the stream has done it.</summary>
    /// <param name="source">At least as many elements as the view has; its first ones are copied.</param>
    /// <param name="stream">Stream that copies.</param>
    public void CopyFromHost(CudaPageLockedHostMemory<T> source, CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(stream);
        RequireAtMost(source.Length);
        nint handle = stream.Enter();
        if (Length > 0)
        {
            CudaException.ThrowIfFailed(LibCuda.cuMemcpyHtoDAsync(Pointer, (void*)source.Pointer, (nuint)Bytes, handle));
        }
    }

    /// <summary>Copies to page-locked host memory; the values are there once the stream has done it.</summary>
    /// <param name="destination">At least as many elements as the view has; its first ones are written.</param>
    /// <param name="stream">Stream that copies.</param>
    public void CopyToHost(CudaPageLockedHostMemory<T> destination, CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(stream);
        RequireAtMost(destination.Length);
        nint handle = stream.Enter();
        if (Length > 0)
        {
            CudaException.ThrowIfFailed(LibCuda.cuMemcpyDtoHAsync((void*)destination.Pointer, Pointer, (nuint)Bytes, handle));
        }
    }

    /// <summary>Copies from other device memory; the ranges must not overlap.</summary>
    /// <param name="source">As many elements as the view has.</param>
    /// <param name="stream">Stream that copies.</param>
    public void CopyFrom(CudaDeviceView<T> source, CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        RequireLength(source.Length);
        nint handle = stream.Enter();
        if (Length > 0)
        {
            CudaException.ThrowIfFailed(LibCuda.cuMemcpyDtoDAsync(Pointer, source.Pointer, (nuint)Bytes, handle));
        }
    }

    /// <inheritdoc/>
    public bool Equals(CudaDeviceView<T> other) => Pointer == other.Pointer && Length == other.Length;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CudaDeviceView<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Pointer, Length);

    private void RequireLength(long length)
    {
        if (length != Length)
        {
            throw new ArgumentException($"A copy of {length} elements does not fit a view of {Length}.");
        }
    }

    private void RequireAtMost(long length)
    {
        if (length < Length)
        {
            throw new ArgumentException($"A host buffer of {length} elements is too short for a view of {Length}.");
        }
    }
}
