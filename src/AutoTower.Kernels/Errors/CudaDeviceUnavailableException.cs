namespace AutoTower.Kernels;

/// <summary>There is no usable device: no driver, one that is too old, no device, or one that is too old. One sentence says which.</summary>
public sealed class CudaDeviceUnavailableException : CudaEngineException
{
    internal CudaDeviceUnavailableException(string reason)
        : base(reason)
    {
    }
}
