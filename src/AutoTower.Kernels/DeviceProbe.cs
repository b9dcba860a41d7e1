using AutoTower.Kernels.Native;

namespace AutoTower.Kernels;

/// <summary>Decides whether a device can run the kernels; the facts come from the driver, the rules can be tested without one.</summary>
internal static class DeviceProbe
{
    /// <summary>CUDA 12.0, as the driver numbers it.</summary>
    internal const int MinimumDriverVersion = 12000;

    /// <summary>What the driver says about itself and one device.</summary>
    internal sealed record Facts(int DriverVersion, int DeviceCount, int Ordinal, string DeviceName, ComputeCapability Capability);

    /// <summary>Why a device cannot be used, in one sentence; null when it can.</summary>
    internal static string? Judge(Facts facts)
    {
        if (facts.DriverVersion < MinimumDriverVersion)
        {
            return $"The NVIDIA driver is too old: it supports CUDA {FormatVersion(facts.DriverVersion)}, CUDA {FormatVersion(MinimumDriverVersion)} or newer is needed.";
        }
        if (facts.DeviceCount == 0)
        {
            return "The NVIDIA driver is installed but reports no CUDA device.";
        }
        if (facts.Ordinal < 0 || facts.Ordinal >= facts.DeviceCount)
        {
            return $"There is no CUDA device {facts.Ordinal}: the driver reports {facts.DeviceCount}, numbered from 0.";
        }
        return facts.Capability < ComputeCapability.Minimum
            ? $"{facts.DeviceName} has compute capability {facts.Capability}, {ComputeCapability.Minimum} or newer is needed."
            : null;
    }

    /// <summary>Asks the driver and judges; whatever goes wrong on the way is the reason.</summary>
    internal static string? Probe(int ordinal)
    {
        try
        {
            NativeLibraries.Require(NativeLibraries.Driver);
            return AskDriver(ordinal);
        }
        catch (CudaEngineException failure)
        {
            return failure.Message;
        }
    }

    /// <summary>12030 becomes 12.3.</summary>
    internal static string FormatVersion(int version) => $"{version / 1000}.{version % 1000 / 10}";

    private static string? AskDriver(int ordinal)
    {
        // The version is asked before cuInit: it works without one, and a driver that is too old should be called that.
        CudaException.ThrowIfFailed(LibCuda.cuDriverGetVersion(out int driverVersion));
        var facts = new Facts(driverVersion, 0, ordinal, "", default);
        if (driverVersion < MinimumDriverVersion)
        {
            return Judge(facts);
        }
        CUresult initialised = LibCuda.cuInit(0);
        if (initialised == CUresult.CUDA_ERROR_NO_DEVICE)
        {
            return Judge(facts);
        }
        if (initialised != CUresult.CUDA_SUCCESS)
        {
            (string name, string text) = DriverText.Of(initialised);
            return $"The NVIDIA driver does not start: {name}, {text}.";
        }
        CudaException.ThrowIfFailed(LibCuda.cuDeviceGetCount(out int count));
        facts = facts with { DeviceCount = count };
        if (ordinal < 0 || ordinal >= count)
        {
            return Judge(facts);
        }
        CudaException.ThrowIfFailed(LibCuda.cuDeviceGet(out int device, ordinal));
        return Judge(facts with { DeviceName = DeviceFacts.Name(device), Capability = DeviceFacts.Capability(device) });
    }
}
