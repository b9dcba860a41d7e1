using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AutoTower.Kernels.Native;

[StructLayout(LayoutKind.Sequential)]
internal struct CUmemLocation
{
    internal int type;
    internal int id;
}

/// <summary>88 bytes: the fields added after CUDA 12.0 lie in what was reserved before, so zero means the same in every version.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CUmemPoolProps
{
    internal int allocType;
    internal int handleTypes;
    internal CUmemLocation location;
    internal nint win32SecurityAttributes;
    internal nuint maxSize;
    internal ushort usage;
    internal Reserved54 reserved;

    [InlineArray(54)]
    internal struct Reserved54
    {
        private byte _first;
    }
}

/// <summary>72 bytes: an identifier padded to eight bytes and a value of 64, of which only the flag at its start is used here.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal struct CUlaunchAttribute
{
    [FieldOffset(0)] internal CUlaunchAttributeID id;
    [FieldOffset(8)] internal int value; // programmaticStreamSerializationAllowed, cooperative
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CUlaunchConfig
{
    internal uint gridDimX;
    internal uint gridDimY;
    internal uint gridDimZ;
    internal uint blockDimX;
    internal uint blockDimY;
    internal uint blockDimZ;
    internal uint sharedMemBytes;
    internal nint hStream;
    internal CUlaunchAttribute* attrs;
    internal uint numAttrs;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CUDA_KERNEL_NODE_PARAMS
{
    internal nint func;
    internal uint gridDimX;
    internal uint gridDimY;
    internal uint gridDimZ;
    internal uint blockDimX;
    internal uint blockDimY;
    internal uint blockDimZ;
    internal uint sharedMemBytes;
    internal void** kernelParams;
    internal void** extra;
    internal nint kern;
    internal nint ctx;
}

/// <summary>CUgraphNodeParams (256 bytes) with its union read as CUDA_CONDITIONAL_NODE_PARAMS.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal unsafe struct CUgraphConditionalNodeParams
{
    [FieldOffset(0)] internal CUgraphNodeType type;
    [FieldOffset(16)] internal ulong handle;
    [FieldOffset(24)] internal CUgraphConditionalNodeType conditionalType;
    [FieldOffset(28)] internal uint size;
    [FieldOffset(32)] internal nint* phGraph_out;
    [FieldOffset(40)] internal nint ctx;
}
