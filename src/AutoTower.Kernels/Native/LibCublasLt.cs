using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AutoTower.Kernels.Native;

internal enum cublasLtMatmulDescAttributes_t
{
    CUBLASLT_MATMUL_DESC_TRANSA = 3,
    CUBLASLT_MATMUL_DESC_TRANSB = 4,
    CUBLASLT_MATMUL_DESC_EPILOGUE = 7,
    CUBLASLT_MATMUL_DESC_BIAS_POINTER = 8,
}

internal enum cublasLtEpilogue_t
{
    CUBLASLT_EPILOGUE_DEFAULT = 1,
    CUBLASLT_EPILOGUE_RELU = 2,
    CUBLASLT_EPILOGUE_BIAS = 4,
    CUBLASLT_EPILOGUE_RELU_BIAS = 6,
}

internal enum cublasLtMatmulPreferenceAttributes_t
{
    CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES = 1,
}

/// <summary>An algorithm that cublasLt chose: opaque, 64 bytes.</summary>
[InlineArray(8)]
internal struct cublasLtMatmulAlgo_t
{
    private ulong _first;
}

[StructLayout(LayoutKind.Sequential)]
internal struct cublasLtMatmulHeuristicResult_t
{
    internal cublasLtMatmulAlgo_t algo;
    internal nuint workspaceSize;
    internal cublasStatus_t state;
    internal float wavesCount;
    internal Reserved4 reserved;

    [InlineArray(4)]
    internal struct Reserved4
    {
        private int _first;
    }
}

/// <summary>cublasLt: matrix products with an epilogue; the functions used here are the same in versions 12 and 13.</summary>
internal static unsafe partial class LibCublasLt
{
    private const string Library = NativeLibraries.CublasLt;

    [LibraryImport(Library)] internal static partial cublasStatus_t cublasLtCreate(out nint handle);
    [LibraryImport(Library)] internal static partial cublasStatus_t cublasLtDestroy(nint handle);
    [LibraryImport(Library)]
    internal static partial cublasStatus_t cublasLtMatmulDescCreate(out nint description, cublasComputeType_t computeType,
        cudaDataType scaleType);
    [LibraryImport(Library)] internal static partial cublasStatus_t cublasLtMatmulDescDestroy(nint description);
    [LibraryImport(Library)]
    internal static partial cublasStatus_t cublasLtMatmulDescSetAttribute(nint description, cublasLtMatmulDescAttributes_t attribute,
        void* value, nuint byteCount);
    [LibraryImport(Library)]
    internal static partial cublasStatus_t cublasLtMatrixLayoutCreate(out nint layout, cudaDataType type, ulong rows, ulong columns,
        long leadingDimension);
    [LibraryImport(Library)] internal static partial cublasStatus_t cublasLtMatrixLayoutDestroy(nint layout);
    [LibraryImport(Library)] internal static partial cublasStatus_t cublasLtMatmulPreferenceCreate(out nint preference);
    [LibraryImport(Library)] internal static partial cublasStatus_t cublasLtMatmulPreferenceDestroy(nint preference);
    [LibraryImport(Library)]
    internal static partial cublasStatus_t cublasLtMatmulPreferenceSetAttribute(nint preference,
        cublasLtMatmulPreferenceAttributes_t attribute, void* value, nuint byteCount);
    [LibraryImport(Library)]
    internal static partial cublasStatus_t cublasLtMatmulAlgoGetHeuristic(nint handle, nint description, nint layoutA, nint layoutB,
        nint layoutC, nint layoutD, nint preference, int requestedCount, cublasLtMatmulHeuristicResult_t* results, out int resultCount);
    [LibraryImport(Library)]
    internal static partial cublasStatus_t cublasLtMatmul(nint handle, nint description, void* alpha, nint a, nint layoutA,
        nint b, nint layoutB, void* beta, nint c, nint layoutC, nint d, nint layoutD, cublasLtMatmulAlgo_t* algorithm,
        nint workspace, nuint workspaceBytes, nint stream);
}
