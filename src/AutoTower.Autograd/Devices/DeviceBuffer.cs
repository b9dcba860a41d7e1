using System.Runtime.CompilerServices;

namespace AutoTower.Autograd.Devices;

/// <summary>Device memory with one owner. Views of it are addresses that live at most as long.</summary>
/// <typeparam name="T">Element type.</typeparam>
public sealed class DeviceBuffer<T> : IDisposable
    where T : unmanaged
{
    /// <summary>Allocates <paramref name="length"/> zeroed elements on behalf of <paramref name="purpose"/>.</summary>
    public DeviceBuffer(Device device, long length, string purpose)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Device = device;
        Length = length;
        Address = device.Allocate(Math.Max(Bytes, 1), purpose);
        device.Zero(Address, Bytes);
    }

    /// <summary>Allocates and fills from the host.</summary>
    public DeviceBuffer(Device device, ReadOnlySpan<T> values, string purpose)
        : this(device, values.Length, purpose) => Upload(values);

    /// <summary>The device that holds the memory.</summary>
    public Device Device { get; }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Size in bytes.</summary>
    public long Bytes => Length * Unsafe.SizeOf<T>();

    /// <summary>Address of the first element; 0 after disposal.</summary>
    public nint Address { get; private set; }

    /// <summary>Copies from the host to the start of the buffer.</summary>
    public void Upload(ReadOnlySpan<T> values)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(values.Length, Length);
        Device.Upload(values, Address);
    }

    /// <summary>Waits for the device and copies everything to a new host array.</summary>
    public T[] DownloadToHost()
    {
        var values = new T[Length];
        Device.Download(Address, values.AsSpan());
        return values;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Address != 0)
        {
            Device.Free(Address);
            Address = 0;
        }
    }
}
