using System.Runtime.InteropServices;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels;

/// <summary>The driver's own name and text for a status.</summary>
internal static unsafe class DriverText
{
    internal static (string Name, string Text) Of(CUresult status)
    {
        string name = LibCuda.cuGetErrorName(status, out byte* namePointer) == CUresult.CUDA_SUCCESS
            ? Marshal.PtrToStringUTF8((nint)namePointer) ?? ""
            : $"unknown driver code {(int)status}";
        string text = LibCuda.cuGetErrorString(status, out byte* textPointer) == CUresult.CUDA_SUCCESS
            ? Marshal.PtrToStringUTF8((nint)textPointer) ?? ""
            : "the driver has no text for it";
        return (name, text);
    }
}
