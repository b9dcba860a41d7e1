using AutoTower.Kernels.Handles;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels;

/// <summary>
/// A device's primary context. Everything of this library makes it current on the calling thread by itself, so objects may be used from
/// any thread, one at a time.
/// </summary>
public sealed class CudaContext : IDisposable
{
    private const int ConditionalNodesDriverVersion = 12030;

    // Context current on this thread as the instance's number: a new instance may get a dead one's handle, but never its number.
    [ThreadStatic]
    private static long _currentOnThread;
    private static long _instances;

    private readonly long _instance = Interlocked.Increment(ref _instances);
    private readonly int _driverVersion;
    private readonly nint _context;
    private readonly DeviceHandle _handle;

    /// <summary>Retains the primary context of a device.</summary>
    /// <param name="deviceOrdinal">The device's number, from 0, as CUDA_VISIBLE_DEVICES leaves it.</param>
    /// <exception cref="CudaDeviceUnavailableException">There is no usable device of that number; the message is the probe's reason.</exception>
    public CudaContext(int deviceOrdinal = 0)
    {
        if (!TryProbe(out string reason, deviceOrdinal))
        {
            throw new CudaDeviceUnavailableException(reason);
        }
        DeviceOrdinal = deviceOrdinal;
        CudaException.ThrowIfFailed(LibCuda.cuDriverGetVersion(out _driverVersion));
        CudaException.ThrowIfFailed(LibCuda.cuDeviceGet(out int device, deviceOrdinal));
        Name = DeviceFacts.Name(device);
        ComputeCapability = DeviceFacts.Capability(device);
        CudaException.ThrowIfFailed(LibCuda.cuDeviceTotalMem(out nuint totalMemory, device));
        TotalMemory = (long)totalMemory;
        MultiprocessorCount = DeviceFacts.Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device);
        MaxThreadsPerMultiprocessor = DeviceFacts.Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, device);
        SharedMemoryPerBlock = DeviceFacts.Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, device);
        MaxSharedMemoryPerBlock = DeviceFacts.Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, device);
        L2CacheBytes = DeviceFacts.Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, device);
        SupportsMemoryPools = DeviceFacts.Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, device) != 0;
        SupportsCooperativeLaunch = DeviceFacts.Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, device) != 0;
        CudaException.ThrowIfFailed(LibCuda.cuDevicePrimaryCtxRetain(out _context, device));
        _handle = new DeviceHandle(_context, null, _ => LibCuda.cuDevicePrimaryCtxRelease(device));
        MakeCurrent();
    }

    /// <summary>The device's number.</summary>
    public int DeviceOrdinal { get; }

    /// <summary>The device's name, such as NVIDIA H200.</summary>
    public string Name { get; }

    /// <summary>The device's compute capability.</summary>
    public ComputeCapability ComputeCapability { get; }

    /// <summary>Newest CUDA version that the driver supports, such as 13.0.</summary>
    public string DriverVersion => DeviceProbe.FormatVersion(_driverVersion);

    /// <summary>The device's memory in bytes.</summary>
    public long TotalMemory { get; }

    /// <summary>Multiprocessors of the device.</summary>
    public int MultiprocessorCount { get; }

    /// <summary>Threads that one multiprocessor holds at most.</summary>
    public int MaxThreadsPerMultiprocessor { get; }

    /// <summary>Shared memory in bytes that a block gets without asking.</summary>
    public int SharedMemoryPerBlock { get; }

    /// <summary>Shared memory in bytes that a block gets at most, see <see cref="Launch.CudaKernel.AllowDynamicSharedMemory"/>.</summary>
    public int MaxSharedMemoryPerBlock { get; }

    /// <summary>Size of the L2 cache in bytes.</summary>
    public int L2CacheBytes { get; }

    /// <summary>Whether the device has stream-ordered memory pools.</summary>
    public bool SupportsMemoryPools { get; }

    /// <summary>Whether all blocks of a launch can be made to run at once, see <see cref="Launch.CudaKernel.LaunchCooperative"/>.</summary>
    public bool SupportsCooperativeLaunch { get; }

    /// <summary>Whether graphs may have conditional nodes (driver of CUDA 12.3 or newer).</summary>
    public bool SupportsConditionalNodes => _driverVersion >= ConditionalNodesDriverVersion;

    internal nint Handle => _handle.Value;

    /// <summary>Says whether a device can be used, without creating a context.</summary>
    /// <param name="reason">Why not, in one sentence; empty when it can.</param>
    /// <param name="deviceOrdinal">The device's number.</param>
    /// <returns>True when a context of that device can be created.</returns>
    public static bool TryProbe(out string reason, int deviceOrdinal = 0)
    {
        string? found = DeviceProbe.Probe(deviceOrdinal);
        reason = found ?? "";
        return found is null;
    }

    /// <summary>Makes the context current on the calling thread; nothing happens when it is already.</summary>
    /// <exception cref="ObjectDisposedException">The context was disposed.</exception>
    public void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (_currentOnThread != _instance)
        {
            CudaException.ThrowIfFailed(LibCuda.cuCtxSetCurrent(_context));
            _currentOnThread = _instance;
        }
    }

    /// <summary>The device's memory that is not in use by any process, in bytes.</summary>
    /// <returns>Bytes free.</returns>
    public long GetFreeMemory()
    {
        MakeCurrent();
        CudaException.ThrowIfFailed(LibCuda.cuMemGetInfo(out nuint free, out _));
        return (long)free;
    }

    /// <summary>Waits for all work of the context.</summary>
    public void Synchronize()
    {
        MakeCurrent();
        CudaException.ThrowIfFailed(LibCuda.cuCtxSynchronize());
    }

    /// <summary>Releases the context; objects that still live in it become unusable.</summary>
    public void Dispose() => _handle.Dispose();

    /// <summary>For release paths: makes the context current without throwing.</summary>
    internal bool TryMakeCurrent()
    {
        if (_handle.IsClosed)
        {
            return false;
        }
        if (_currentOnThread != _instance)
        {
            if (LibCuda.cuCtxSetCurrent(_context) != CUresult.CUDA_SUCCESS)
            {
                return false;
            }
            _currentOnThread = _instance;
        }
        return true;
    }
}
