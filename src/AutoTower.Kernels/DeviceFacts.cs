using System.Runtime.InteropServices;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels;

/// <summary>Reads one device's properties from the driver.</summary>
internal static unsafe class DeviceFacts
{
    private const int NameLength = 256;

    internal static string Name(int device)
    {
        byte* name = stackalloc byte[NameLength];
        CudaException.ThrowIfFailed(LibCuda.cuDeviceGetName(name, NameLength, device));
        return Marshal.PtrToStringUTF8((nint)name) ?? "";
    }

    internal static ComputeCapability Capability(int device) => new(
        Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device),
        Attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device));

    internal static int Attribute(CUdevice_attribute attribute, int device)
    {
        CudaException.ThrowIfFailed(LibCuda.cuDeviceGetAttribute(out int value, attribute, device));
        return value;
    }
}
