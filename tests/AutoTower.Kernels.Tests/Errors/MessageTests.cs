using AutoTower.Kernels.Launch;

namespace AutoTower.Kernels.Tests.Errors;

public class MessageTests
{
    [Fact]
    public void Driver_error_carries_call_code_and_text()
    {
        var exception = new CudaException(CallText.Tidy("LibCuda.cuMemFree(\n            pointer)"), "CUDA_ERROR_INVALID_VALUE", "invalid argument");

        Assert.Equal("cuMemFree( pointer) failed: CUDA_ERROR_INVALID_VALUE, invalid argument.", exception.Message);
        Assert.Equal("CUDA_ERROR_INVALID_VALUE", exception.CodeName);
    }

    [Fact]
    public void Launch_error_carries_kernel_grid_block_and_shared_bytes()
    {
        string launch = CudaKernel.DescribeLaunch("gather_forward", new Dim3(8, 2), 2048, 4096);

        var exception = new CudaException("cuLaunchKernel", "CUDA_ERROR_INVALID_VALUE", "invalid argument", launch);

        Assert.Equal("cuLaunchKernel failed (kernel gather_forward, grid (8, 2, 1), block (2048, 1, 1), 4096 shared bytes): "
            + "CUDA_ERROR_INVALID_VALUE, invalid argument.", exception.Message);
    }

    [Fact]
    public void Product_error_carries_its_shape()
    {
        var exception = new CublasException("cublasSgemm", "CUBLAS_STATUS_INVALID_VALUE", "an unsupported value", "m 1, n 2, k 3");

        Assert.Equal("cublasSgemm failed (m 1, n 2, k 3): CUBLAS_STATUS_INVALID_VALUE, an unsupported value.", exception.Message);
    }

    [Fact]
    public void Compile_error_carries_file_line_and_log()
    {
        const string Log = """
            common/reduce.cuh(7): warning #177-D: variable "unused" was declared but never referenced
            embedding.cu(12): error: identifier "missing" is undefined
                  missing = 1;
                  ^

            embedding.cu(14): error: expected a ";"

            2 errors detected in the compilation of "embedding.cu".
            """;

        NvrtcException exception = NvrtcException.ForLog("embedding.cu", "sm_90", Log);

        Assert.StartsWith("embedding.cu does not compile for sm_90: 2 errors, first at embedding.cu(12): identifier \"missing\" is undefined.\n",
            exception.Message, StringComparison.Ordinal);
        Assert.EndsWith(Log, exception.Message, StringComparison.Ordinal);
        Assert.Equal([("common/reduce.cuh", 7, false), ("embedding.cu", 12, true), ("embedding.cu", 14, true)],
            exception.Diagnostics.Select(diagnostic => (diagnostic.File, diagnostic.Line, diagnostic.IsError)));
    }

    [Fact]
    public void An_option_error_without_a_line_carries_the_log() => Assert.Equal(
        "embedding.cu does not compile for sm_70.\nnvrtc: error: invalid value for --gpu-architecture (-arch)",
        NvrtcException.ForLog("embedding.cu", "sm_70", "nvrtc: error: invalid value for --gpu-architecture (-arch)\n").Message);
}
