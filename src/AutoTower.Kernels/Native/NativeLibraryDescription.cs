namespace AutoTower.Kernels.Native;

/// <summary>What a library is called on each system, newest version first, and what to do when it is missing.</summary>
internal sealed record NativeLibraryDescription(string Title, IReadOnlyList<string> LinuxNames, IReadOnlyList<string> WindowsNames, string Remedy)
{
    private const string ToolkitRemedy = "install the CUDA 12 or 13 run-time libraries or set CUDA_PATH to their folder";

    internal static NativeLibraryDescription Of(string library) => library switch
    {
        NativeLibraries.Driver => new("CUDA driver", ["libcuda.so.1", "libcuda.so"], ["nvcuda.dll"], "install NVIDIA's driver"),
        NativeLibraries.Nvrtc => new("CUDA run-time compiler (NVRTC)", ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"],
            ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"], ToolkitRemedy),
        NativeLibraries.Cublas => new("cuBLAS", ["libcublas.so.13", "libcublas.so.12", "libcublas.so"],
            ["cublas64_13.dll", "cublas64_12.dll"], ToolkitRemedy),
        NativeLibraries.CublasLt => new("cublasLt", ["libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"],
            ["cublasLt64_13.dll", "cublasLt64_12.dll"], ToolkitRemedy),
        _ => throw new ArgumentOutOfRangeException(nameof(library), library, "not one of this library's native libraries"),
    };
}
