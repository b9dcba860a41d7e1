namespace AutoTower.Autograd.Devices;

/// <summary>A device ran out of memory; the message names what asked for how much, and what is held.</summary>
public sealed class DeviceMemoryException : Exception
{
    /// <summary>Creates the exception with its one-sentence message.</summary>
    public DeviceMemoryException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with the device's own error as cause.</summary>
    public DeviceMemoryException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates the exception without a message.</summary>
    public DeviceMemoryException()
    {
    }
}
