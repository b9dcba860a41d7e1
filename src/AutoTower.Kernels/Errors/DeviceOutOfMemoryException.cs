namespace AutoTower.Kernels;

/// <summary>The device has no room for an allocation. The message names who asked for how much and the biggest holders.</summary>
public sealed class DeviceOutOfMemoryException : CudaEngineException
{
    internal DeviceOutOfMemoryException(string message, string requester, long requestedBytes)
        : base(message)
    {
        Requester = requester;
        RequestedBytes = requestedBytes;
    }

    /// <summary>The name under which the allocation was asked for.</summary>
    public string Requester { get; }

    /// <summary>Bytes that were asked for.</summary>
    public long RequestedBytes { get; }
}
