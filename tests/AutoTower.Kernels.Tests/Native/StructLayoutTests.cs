using System.Runtime.InteropServices;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels.Tests.Native;

/// <summary>The C headers' sizes and offsets on 64-bit systems: a drift here would corrupt memory silently.</summary>
public unsafe class StructLayoutTests
{
    [Fact]
    public void Sizes_are_those_of_the_headers()
    {
        Assert.Equal(88, sizeof(CUmemPoolProps));
        Assert.Equal(72, sizeof(CUlaunchAttribute));
        Assert.Equal(56, sizeof(CUlaunchConfig));
        Assert.Equal(72, sizeof(CUDA_KERNEL_NODE_PARAMS));
        Assert.Equal(256, sizeof(CUgraphConditionalNodeParams));
        Assert.Equal(64, sizeof(cublasLtMatmulAlgo_t));
        Assert.Equal(96, sizeof(cublasLtMatmulHeuristicResult_t));
    }

    [Fact]
    public void Offsets_are_those_of_the_headers()
    {
        Assert.Equal(32, Offset<CUlaunchConfig>(nameof(CUlaunchConfig.hStream)));
        Assert.Equal(48, Offset<CUlaunchConfig>(nameof(CUlaunchConfig.numAttrs)));
        Assert.Equal(40, Offset<CUDA_KERNEL_NODE_PARAMS>(nameof(CUDA_KERNEL_NODE_PARAMS.kernelParams)));
        Assert.Equal(64, Offset<CUDA_KERNEL_NODE_PARAMS>(nameof(CUDA_KERNEL_NODE_PARAMS.ctx)));
        Assert.Equal(24, Offset<CUmemPoolProps>(nameof(CUmemPoolProps.maxSize)));
        Assert.Equal(64, Offset<cublasLtMatmulHeuristicResult_t>(nameof(cublasLtMatmulHeuristicResult_t.workspaceSize)));
        Assert.Equal(72, Offset<cublasLtMatmulHeuristicResult_t>(nameof(cublasLtMatmulHeuristicResult_t.state)));
    }

    private static int Offset<T>(string field) => (int)Marshal.OffsetOf<T>(field);
}
