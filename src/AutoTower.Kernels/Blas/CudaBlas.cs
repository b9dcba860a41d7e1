using AutoTower.Kernels.Handles;
using AutoTower.Kernels.Memory;
using AutoTower.Kernels.Native;
using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Blas;

/// <summary>
/// Dense products through cuBLAS, matrices column-major as there. A row-major (r, c) matrix is the column-major (c, r) one of the same
/// memory, so C = A B row-major is Gemm(None, None, n, m, k, alpha, B, n, A, k, beta, C, n).
/// </summary>
public sealed unsafe class CudaBlas : IDisposable
{
    /// <summary>Workspace in bytes that NVIDIA recommends for Hopper; smaller devices need 4 MiB.</summary>
    public const long RecommendedWorkspaceBytes = 32L << 20;

    private readonly DeviceHandle _handle;
    private MathMode _mathMode;
    private CudaStream _stream;

    /// <summary>Creates a handle for one stream.</summary>
    /// <param name="stream">Stream that runs the products.</param>
    /// <exception cref="CudaLibraryNotFoundException">cuBLAS is not installed.</exception>
    public CudaBlas(CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        NativeLibraries.Require(NativeLibraries.Cublas);
        nint streamHandle = stream.Enter();
        CublasException.ThrowIfFailed(LibCublas.cublasCreate(out nint handle));
        _handle = new DeviceHandle(handle, stream.Context, static handle => LibCublas.cublasDestroy(handle));
        _stream = stream;
        CublasException.ThrowIfFailed(LibCublas.cublasSetStream(handle, streamHandle));
        CublasException.ThrowIfFailed(LibCublas.cublasSetMathMode(handle, cublasMath_t.CUBLAS_DEFAULT_MATH));
    }

    /// <summary>Precision of 32-bit products; fp32 at first.</summary>
    public MathMode MathMode
    {
        get => _mathMode;
        set
        {
            cublasMath_t mode = value == MathMode.Tf32 ? cublasMath_t.CUBLAS_TF32_TENSOR_OP_MATH : cublasMath_t.CUBLAS_DEFAULT_MATH;
            CublasException.ThrowIfFailed(LibCublas.cublasSetMathMode(Enter(), mode));
            _mathMode = value;
        }
    }

    /// <summary>The library's version, such as 130000.</summary>
    public int Version
    {
        get
        {
            CublasException.ThrowIfFailed(LibCublas.cublasGetVersion(Enter(), out int version));
            return version;
        }
    }

    /// <summary>Moves later products to another stream. This drops the workspace: set it again afterwards.</summary>
    /// <param name="stream">Stream that runs them.</param>
    public void SetStream(CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        CublasException.ThrowIfFailed(LibCublas.cublasSetStream(_handle.Value, stream.Enter()));
        _stream = stream;
    }

    /// <summary>Gives the library memory to work in: captured products need one that stays, and equal results from run to run need a fixed one.</summary>
    /// <param name="workspace">Memory of the caller that outlives its use here; <see cref="RecommendedWorkspaceBytes"/> is a good size.</param>
    public void SetWorkspace(CudaDeviceView<byte> workspace) =>
        CublasException.ThrowIfFailed(LibCublas.cublasSetWorkspace(Enter(), workspace.Pointer, (nuint)workspace.Bytes));

    /// <summary>C (m, n) = alpha op(A) (m, k) op(B) (k, n) + beta C, in 32 bits.</summary>
    /// <param name="transposeA">What op does to A.</param>
    /// <param name="transposeB">What op does to B.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">The inner extent.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">Address of A.</param>
    /// <param name="lda">Elements from one column of A to the next.</param>
    /// <param name="b">Address of B.</param>
    /// <param name="ldb">Elements from one column of B to the next.</param>
    /// <param name="beta">Factor of C before; 0 assigns, and C is then not read.</param>
    /// <param name="c">Address of C.</param>
    /// <param name="ldc">Elements from one column of C to the next.</param>
    public void Gemm(Transpose transposeA, Transpose transposeB, int m, int n, int k, float alpha, nint a, int lda, nint b, int ldb,
        float beta, nint c, int ldc)
    {
        cublasStatus_t status = LibCublas.cublasSgemm(Enter(), (cublasOperation_t)transposeA, (cublasOperation_t)transposeB, m, n, k,
            &alpha, a, lda, b, ldb, &beta, c, ldc);
        if (status != cublasStatus_t.CUBLAS_STATUS_SUCCESS)
        {
            throw CublasException.Create(status, "cublasSgemm", Describe(transposeA, transposeB, m, n, k, lda, ldb, ldc));
        }
    }

    /// <summary>As <see cref="Gemm"/> for every matrix of a batch, which lie at fixed distances.</summary>
    /// <param name="transposeA">What op does to A.</param>
    /// <param name="transposeB">What op does to B.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">The inner extent.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">Address of the first A.</param>
    /// <param name="lda">Elements from one column of A to the next.</param>
    /// <param name="strideA">Elements from one A to the next; 0 for one A for all.</param>
    /// <param name="b">Address of the first B.</param>
    /// <param name="ldb">Elements from one column of B to the next.</param>
    /// <param name="strideB">Elements from one B to the next; 0 for one B for all.</param>
    /// <param name="beta">Factor of C before; 0 assigns.</param>
    /// <param name="c">Address of the first C.</param>
    /// <param name="ldc">Elements from one column of C to the next.</param>
    /// <param name="strideC">Elements from one C to the next.</param>
    /// <param name="batchCount">Number of products.</param>
    public void GemmStridedBatched(Transpose transposeA, Transpose transposeB, int m, int n, int k, float alpha, nint a, int lda,
        long strideA, nint b, int ldb, long strideB, float beta, nint c, int ldc, long strideC, int batchCount)
    {
        cublasStatus_t status = LibCublas.cublasSgemmStridedBatched(Enter(), (cublasOperation_t)transposeA, (cublasOperation_t)transposeB,
            m, n, k, &alpha, a, lda, strideA, b, ldb, strideB, &beta, c, ldc, strideC, batchCount);
        if (status != cublasStatus_t.CUBLAS_STATUS_SUCCESS)
        {
            throw CublasException.Create(status, "cublasSgemmStridedBatched",
                $"{Describe(transposeA, transposeB, m, n, k, lda, ldb, ldc)}, batch {batchCount}");
        }
    }

    /// <summary>As <see cref="Gemm"/> for other element types; sums are 32-bit.</summary>
    /// <param name="transposeA">What op does to A.</param>
    /// <param name="transposeB">What op does to B.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">The inner extent.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">Address of A.</param>
    /// <param name="lda">Elements from one column of A to the next.</param>
    /// <param name="b">Address of B.</param>
    /// <param name="ldb">Elements from one column of B to the next.</param>
    /// <param name="inputType">Elements of A and B.</param>
    /// <param name="beta">Factor of C before; 0 assigns.</param>
    /// <param name="c">Address of C.</param>
    /// <param name="ldc">Elements from one column of C to the next.</param>
    /// <param name="outputType">Elements of C.</param>
    public void GemmEx(Transpose transposeA, Transpose transposeB, int m, int n, int k, float alpha, nint a, int lda, nint b, int ldb,
        ElementType inputType, float beta, nint c, int ldc, ElementType outputType)
    {
        cublasStatus_t status = LibCublas.cublasGemmEx(Enter(), (cublasOperation_t)transposeA, (cublasOperation_t)transposeB, m, n, k,
            &alpha, a, (cudaDataType)inputType, lda, b, (cudaDataType)inputType, ldb, &beta, c, (cudaDataType)outputType, ldc,
            ComputeType(_mathMode), LibCublas.CUBLAS_GEMM_DEFAULT);
        if (status != cublasStatus_t.CUBLAS_STATUS_SUCCESS)
        {
            throw CublasException.Create(status, "cublasGemmEx",
                $"{Describe(transposeA, transposeB, m, n, k, lda, ldb, ldc)}, {inputType} to {outputType}");
        }
    }

    /// <summary>As <see cref="GemmStridedBatched"/> for other element types; sums are 32-bit.</summary>
    /// <param name="transposeA">What op does to A.</param>
    /// <param name="transposeB">What op does to B.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">The inner extent.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">Address of the first A.</param>
    /// <param name="lda">Elements from one column of A to the next.</param>
    /// <param name="strideA">Elements from one A to the next; 0 for one A for all.</param>
    /// <param name="b">Address of the first B.</param>
    /// <param name="ldb">Elements from one column of B to the next.</param>
    /// <param name="strideB">Elements from one B to the next; 0 for one B for all.</param>
    /// <param name="inputType">Elements of A and B.</param>
    /// <param name="beta">Factor of C before; 0 assigns.</param>
    /// <param name="c">Address of the first C.</param>
    /// <param name="ldc">Elements from one column of C to the next.</param>
    /// <param name="strideC">Elements from one C to the next.</param>
    /// <param name="outputType">Elements of C.</param>
    /// <param name="batchCount">Number of products.</param>
    public void GemmStridedBatchedEx(Transpose transposeA, Transpose transposeB, int m, int n, int k, float alpha, nint a, int lda,
        long strideA, nint b, int ldb, long strideB, ElementType inputType, float beta, nint c, int ldc, long strideC,
        ElementType outputType, int batchCount)
    {
        cublasStatus_t status = LibCublas.cublasGemmStridedBatchedEx(Enter(), (cublasOperation_t)transposeA, (cublasOperation_t)transposeB,
            m, n, k, &alpha, a, (cudaDataType)inputType, lda, strideA, b, (cudaDataType)inputType, ldb, strideB, &beta,
            c, (cudaDataType)outputType, ldc, strideC, batchCount, ComputeType(_mathMode), LibCublas.CUBLAS_GEMM_DEFAULT);
        if (status != cublasStatus_t.CUBLAS_STATUS_SUCCESS)
        {
            throw CublasException.Create(status, "cublasGemmStridedBatchedEx",
                $"{Describe(transposeA, transposeB, m, n, k, lda, ldb, ldc)}, {inputType} to {outputType}, batch {batchCount}");
        }
    }

    /// <summary>Destroys the handle.</summary>
    public void Dispose() => _handle.Dispose();

    internal static cublasComputeType_t ComputeType(MathMode mode) =>
        mode == MathMode.Tf32 ? cublasComputeType_t.CUBLAS_COMPUTE_32F_FAST_TF32 : cublasComputeType_t.CUBLAS_COMPUTE_32F;

    private static string Describe(Transpose transposeA, Transpose transposeB, int m, int n, int k, int lda, int ldb, int ldc) =>
        $"m {m}, n {n}, k {k}, A {transposeA} lda {lda}, B {transposeB} ldb {ldb}, ldc {ldc}";

    private nint Enter()
    {
        _stream.Context.MakeCurrent();
        return _handle.Value;
    }
}
