using AutoTower.Kernels.Handles;
using AutoTower.Kernels.Native;
using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Memory;

/// <summary>
/// Allocates and frees in a stream's order from a driver pool that keeps what it once got, so that steps after the first cost no driver
/// allocation. Where the device has no pools, the plain allocation calls serve, which wait for the device.
/// </summary>
internal sealed unsafe class StreamOrderedAllocator : IDeviceAllocator
{
    private readonly CudaStream _stream;
    private readonly DeviceHandle? _pool;

    internal StreamOrderedAllocator(CudaStream stream)
    {
        _stream = stream;
        stream.Context.MakeCurrent();
        _pool = stream.Context.SupportsMemoryPools ? CreatePool(stream.Context) : null;
    }

    public bool TryAllocate(long bytes, out nint pointer)
    {
        if (_stream.IsCapturing)
        {
            throw new InvalidOperationException("Device memory cannot be allocated while its stream is being captured into a graph.");
        }
        nint stream = _stream.Enter();
        CUresult status = _pool is null
            ? LibCuda.cuMemAlloc(out pointer, (nuint)bytes)
            : LibCuda.cuMemAllocFromPoolAsync(out pointer, (nuint)bytes, _pool.Value, stream);
        if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY)
        {
            return false;
        }
        CudaException.ThrowIfFailed(status, _pool is null ? "cuMemAlloc" : "cuMemAllocFromPoolAsync");
        return true;
    }

    public void Free(nint pointer)
    {
        // A failure to free has no remedy here; the pool's count of live allocations is the leak check.
        if (_pool is not null && _stream.TryEnter(out nint stream))
        {
            _ = LibCuda.cuMemFreeAsync(pointer, stream);
        }
        else if (_stream.Context.TryMakeCurrent())
        {
            // Plain freeing takes pool memory too and waits for the device, so it is right after the stream is gone.
            _ = LibCuda.cuMemFree(pointer);
        }
    }

    public (long Free, long Total) DeviceMemory() => (_stream.Context.GetFreeMemory(), _stream.Context.TotalMemory);

    public void Dispose() => _pool?.Dispose();

    private static DeviceHandle? CreatePool(CudaContext context)
    {
        var properties = new CUmemPoolProps
        {
            allocType = DriverFlags.CU_MEM_ALLOCATION_TYPE_PINNED,
            location = new CUmemLocation { type = DriverFlags.CU_MEM_LOCATION_TYPE_DEVICE, id = context.DeviceOrdinal },
        };
        // Some virtualised devices announce pools and refuse to create one; plain allocation works there.
        if (LibCuda.cuMemPoolCreate(out nint pool, &properties) != CUresult.CUDA_SUCCESS)
        {
            return null;
        }
        var handle = new DeviceHandle(pool, context, static pool => LibCuda.cuMemPoolDestroy(pool));
        ulong keepEverything = ulong.MaxValue;
        CudaException.ThrowIfFailed(
            LibCuda.cuMemPoolSetAttribute(pool, CUmemPool_attribute.CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &keepEverything));
        return handle;
    }
}
