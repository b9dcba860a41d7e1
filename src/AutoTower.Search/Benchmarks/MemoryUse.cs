using System.Text.Json;
using AutoTower.Autograd.Devices;

namespace AutoTower.Search.Benchmarks;

/// <summary>Memory of a piece of work, in bytes.</summary>
/// <param name="DeviceLive">Held on the device by data, models and steps.</param>
/// <param name="DevicePeak">Most that was held there at once (<see cref="Device.PeakBytes"/>).</param>
/// <param name="HostPeak">Most that the process held on the host at once.</param>
public sealed record MemoryUse(long DeviceLive, long DevicePeak, long HostPeak)
{
    /// <summary>What is held now.</summary>
    public static MemoryUse Of(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return new MemoryUse(device.LiveBytes, device.PeakBytes, HostMemory.PeakBytes);
    }

    /// <summary>Writes the three as properties of an object that is open.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteNumber("device_live_bytes", DeviceLive);
        json.WriteNumber("device_peak_bytes", DevicePeak);
        json.WriteNumber("host_peak_bytes", HostPeak);
    }
}
