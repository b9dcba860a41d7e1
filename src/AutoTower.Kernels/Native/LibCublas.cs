using System.Runtime.InteropServices;

namespace AutoTower.Kernels.Native;

internal enum cublasStatus_t
{
    CUBLAS_STATUS_SUCCESS = 0,
    CUBLAS_STATUS_NOT_SUPPORTED = 15,
}

internal enum cublasOperation_t
{
    CUBLAS_OP_N = 0,
    CUBLAS_OP_T = 1,
}

internal enum cublasMath_t
{
    CUBLAS_DEFAULT_MATH = 0,
    CUBLAS_TF32_TENSOR_OP_MATH = 3,
}

internal enum cublasComputeType_t
{
    CUBLAS_COMPUTE_32F = 68,
    CUBLAS_COMPUTE_32F_FAST_TF32 = 77,
}

internal enum cudaDataType
{
    CUDA_R_32F = 0,
    CUDA_R_16F = 2,
    CUDA_R_16BF = 14,
}

/// <summary>cuBLAS, matrices column-major; the functions used here are the same in versions 12 and 13.</summary>
internal static unsafe partial class LibCublas
{
    private const string Library = NativeLibraries.Cublas;

    /// <summary>CUBLAS_GEMM_DEFAULT: the library's heuristic picks the algorithm.</summary>
    internal const int CUBLAS_GEMM_DEFAULT = -1;

    [LibraryImport(Library, EntryPoint = "cublasCreate_v2")] internal static partial cublasStatus_t cublasCreate(out nint handle);
    [LibraryImport(Library, EntryPoint = "cublasDestroy_v2")] internal static partial cublasStatus_t cublasDestroy(nint handle);
    [LibraryImport(Library)] internal static partial byte* cublasGetStatusName(cublasStatus_t status);
    [LibraryImport(Library)] internal static partial byte* cublasGetStatusString(cublasStatus_t status);
    [LibraryImport(Library, EntryPoint = "cublasGetVersion_v2")]
    internal static partial cublasStatus_t cublasGetVersion(nint handle, out int version);
    [LibraryImport(Library, EntryPoint = "cublasSetStream_v2")]
    internal static partial cublasStatus_t cublasSetStream(nint handle, nint stream);
    [LibraryImport(Library, EntryPoint = "cublasSetWorkspace_v2")]
    internal static partial cublasStatus_t cublasSetWorkspace(nint handle, nint workspace, nuint byteCount);
    [LibraryImport(Library)] internal static partial cublasStatus_t cublasSetMathMode(nint handle, cublasMath_t mode);

    [LibraryImport(Library, EntryPoint = "cublasSgemm_v2")]
    internal static partial cublasStatus_t cublasSgemm(nint handle, cublasOperation_t transposeA, cublasOperation_t transposeB,
        int m, int n, int k, float* alpha, nint a, int lda, nint b, int ldb, float* beta, nint c, int ldc);
    [LibraryImport(Library)]
    internal static partial cublasStatus_t cublasSgemmStridedBatched(nint handle, cublasOperation_t transposeA,
        cublasOperation_t transposeB, int m, int n, int k, float* alpha, nint a, int lda, long strideA, nint b, int ldb, long strideB,
        float* beta, nint c, int ldc, long strideC, int batchCount);
    [LibraryImport(Library)]
    internal static partial cublasStatus_t cublasGemmEx(nint handle, cublasOperation_t transposeA, cublasOperation_t transposeB,
        int m, int n, int k, void* alpha, nint a, cudaDataType typeA, int lda, nint b, cudaDataType typeB, int ldb, void* beta,
        nint c, cudaDataType typeC, int ldc, cublasComputeType_t computeType, int algorithm);
    [LibraryImport(Library)]
    internal static partial cublasStatus_t cublasGemmStridedBatchedEx(nint handle, cublasOperation_t transposeA,
        cublasOperation_t transposeB, int m, int n, int k, void* alpha, nint a, cudaDataType typeA, int lda, long strideA,
        nint b, cudaDataType typeB, int ldb, long strideB, void* beta, nint c, cudaDataType typeC, int ldc, long strideC,
        int batchCount, cublasComputeType_t computeType, int algorithm);
}
