namespace AutoTower.Kernels.Memory;

/// <summary>Where a pool's memory comes from; tests give one without a device.</summary>
internal interface IDeviceAllocator : IDisposable
{
    /// <summary>Allocates; false when the device has no room.</summary>
    bool TryAllocate(long bytes, out nint pointer);

    /// <summary>Frees without throwing.</summary>
    void Free(nint pointer);

    /// <summary>Bytes of the device that nobody uses, and all its bytes.</summary>
    (long Free, long Total) DeviceMemory();
}
