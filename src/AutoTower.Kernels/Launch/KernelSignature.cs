using AutoTower.Kernels.Native;

namespace AutoTower.Kernels.Launch;

/// <summary>The sizes of a kernel's parameters as its binary states them; the driver itself would read past a list that is too short.</summary>
internal static class KernelSignature
{
    // cuFuncGetParamInfo came with CUDA 12.4.
    private const int ParameterInformationDriverVersion = 12040;

    /// <summary>Reads the sizes; null when the driver cannot tell.</summary>
    internal static int[]? Read(nint function)
    {
        CudaException.ThrowIfFailed(LibCuda.cuDriverGetVersion(out int version));
        if (version < ParameterInformationDriverVersion)
        {
            return null;
        }
        var sizes = new List<int>();
        while (LibCuda.cuFuncGetParamInfo(function, (nuint)sizes.Count, out _, out nuint size) == CUresult.CUDA_SUCCESS)
        {
            sizes.Add((int)size);
        }
        return [.. sizes];
    }

    /// <summary>What is wrong with an argument list, in one sentence; null when it fits.</summary>
    internal static string? Mismatch(string kernel, ReadOnlySpan<int> sizes, in KernelArguments arguments)
    {
        if (arguments.Count != sizes.Length)
        {
            return $"Kernel {kernel} takes {sizes.Length} arguments, {arguments.Count} were given.";
        }
        for (int i = 0; i < sizes.Length; i++)
        {
            if (arguments.SizeOf(i) != sizes[i])
            {
                return $"Argument {i + 1} of kernel {kernel} has {sizes[i]} bytes, a value of {arguments.SizeOf(i)} bytes was given.";
            }
        }
        return null;
    }
}
