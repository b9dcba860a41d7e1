using AutoTower.Kernels.Handles;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels.Memory;

/// <summary>Host memory that the device copies from and to by itself, without the host waiting.</summary>
/// <typeparam name="T">Element type.</typeparam>
public sealed unsafe class CudaPageLockedHostMemory<T> : IDisposable
    where T : unmanaged
{
    private readonly DeviceHandle _handle;

    /// <summary>Allocates page-locked memory, usable from every context.</summary>
    /// <param name="context">Context that it is freed with.</param>
    /// <param name="length">Number of elements, at least 1.</param>
    public CudaPageLockedHostMemory(CudaContext context, int length)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        context.MakeCurrent();
        nuint bytes = (nuint)length * (nuint)sizeof(T);
        CudaException.ThrowIfFailed(LibCuda.cuMemHostAlloc(out nint pointer, bytes, DriverFlags.CU_MEMHOSTALLOC_PORTABLE));
        _handle = new DeviceHandle(pointer, context, static pointer => LibCuda.cuMemFreeHost(pointer));
        Length = length;
    }

    /// <summary>Number of elements.</summary>
    public int Length { get; }

    /// <summary>Host address of the first element.</summary>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public nint Pointer => _handle.Value;

    /// <summary>The memory; not to be used after Dispose.</summary>
    public Span<T> Span => new((void*)Pointer, Length);

    /// <summary>Frees the memory; copies that use it must be done.</summary>
    public void Dispose() => _handle.Dispose();
}
