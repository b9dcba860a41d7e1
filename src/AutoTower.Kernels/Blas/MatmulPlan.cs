using AutoTower.Kernels.Handles;
using AutoTower.Kernels.Memory;
using AutoTower.Kernels.Native;
using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Blas;

/// <summary>
/// C (m, n) = epilogue(op(A) op(B)) in 32 bits, column-major, with shapes, bias and algorithm fixed once, so that a run costs one call.
/// </summary>
public sealed unsafe class MatmulPlan : IDisposable
{
    private readonly CudaBlasLt _blas;
    private readonly DeviceHandle _description;
    private readonly DeviceHandle _layoutA;
    private readonly DeviceHandle _layoutB;
    private readonly DeviceHandle _layoutC;
    private readonly string _shape;
    private cublasLtMatmulAlgo_t _algorithm;

    /// <summary>Makes a plan and lets the library choose its algorithm.</summary>
    /// <param name="blas">The library's handle.</param>
    /// <param name="transposeA">What op does to A.</param>
    /// <param name="transposeB">What op does to B.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">The inner extent.</param>
    /// <param name="lda">Elements from one column of A to the next.</param>
    /// <param name="ldb">Elements from one column of B to the next.</param>
    /// <param name="ldc">Elements from one column of C to the next.</param>
    /// <param name="epilogue">What is done to the result.</param>
    /// <param name="bias">Address of the bias, m values; 0 without one.</param>
    /// <param name="mathMode">Precision.</param>
    /// <param name="workspaceBytes">Most bytes of workspace that the algorithm may use.</param>
    /// <exception cref="CublasException">No algorithm fits.</exception>
    public MatmulPlan(CudaBlasLt blas, Transpose transposeA, Transpose transposeB, int m, int n, int k, int lda, int ldb, int ldc,
        MatmulEpilogue epilogue, nint bias, MathMode mathMode, long workspaceBytes)
    {
        ArgumentNullException.ThrowIfNull(blas);
        _blas = blas;
        _shape = $"m {m}, n {n}, k {k}, A {transposeA} lda {lda}, B {transposeB} ldb {ldb}, ldc {ldc}, epilogue {epilogue}";
        nint handle = blas.Enter();
        CublasException.ThrowIfFailed(
            LibCublasLt.cublasLtMatmulDescCreate(out nint description, CudaBlas.ComputeType(mathMode), cudaDataType.CUDA_R_32F));
        _description = new DeviceHandle(description, null, static value => LibCublasLt.cublasLtMatmulDescDestroy(value));
        Set(cublasLtMatmulDescAttributes_t.CUBLASLT_MATMUL_DESC_TRANSA, (int)transposeA);
        Set(cublasLtMatmulDescAttributes_t.CUBLASLT_MATMUL_DESC_TRANSB, (int)transposeB);
        Set(cublasLtMatmulDescAttributes_t.CUBLASLT_MATMUL_DESC_EPILOGUE, (int)epilogue);
        if (bias != nint.Zero)
        {
            Set(cublasLtMatmulDescAttributes_t.CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
        }
        _layoutA = transposeA == Transpose.None ? Layout(m, k, lda) : Layout(k, m, lda);
        _layoutB = transposeB == Transpose.None ? Layout(k, n, ldb) : Layout(n, k, ldb);
        _layoutC = Layout(m, n, ldc);
        _algorithm = Choose(handle, workspaceBytes);
    }

    /// <summary>Puts the product into a stream.</summary>
    /// <param name="stream">Stream that runs it.</param>
    /// <param name="a">Address of A.</param>
    /// <param name="b">Address of B.</param>
    /// <param name="c">Address of C, which is assigned.</param>
    /// <param name="workspace">Memory to work in, at least as much as the plan may use; runs at the same time need one each.</param>
    public void Run(CudaStream stream, nint a, nint b, nint c, CudaDeviceView<byte> workspace)
    {
        ArgumentNullException.ThrowIfNull(stream);
        nint streamHandle = stream.Enter();
        float alpha = 1;
        float beta = 0;
        fixed (cublasLtMatmulAlgo_t* algorithm = &_algorithm)
        {
            cublasStatus_t status = LibCublasLt.cublasLtMatmul(_blas.Enter(), _description.Value, &alpha, a, _layoutA.Value, b, _layoutB.Value,
                &beta, c, _layoutC.Value, c, _layoutC.Value, algorithm, workspace.Pointer, (nuint)workspace.Bytes, streamHandle);
            if (status != cublasStatus_t.CUBLAS_STATUS_SUCCESS)
            {
                throw CublasException.Create(status, "cublasLtMatmul", _shape);
            }
        }
    }

    /// <summary>Destroys the plan.</summary>
    public void Dispose()
    {
        _description.Dispose();
        _layoutA.Dispose();
        _layoutB.Dispose();
        _layoutC.Dispose();
    }

    private static DeviceHandle Layout(int rows, int columns, int leadingDimension)
    {
        CublasException.ThrowIfFailed(LibCublasLt.cublasLtMatrixLayoutCreate(out nint layout, cudaDataType.CUDA_R_32F, (ulong)rows,
            (ulong)columns, leadingDimension));
        return new DeviceHandle(layout, null, static value => LibCublasLt.cublasLtMatrixLayoutDestroy(value));
    }

    private void Set<T>(cublasLtMatmulDescAttributes_t attribute, T value)
        where T : unmanaged =>
        CublasException.ThrowIfFailed(LibCublasLt.cublasLtMatmulDescSetAttribute(_description.Value, attribute, &value, (nuint)sizeof(T)));

    private cublasLtMatmulAlgo_t Choose(nint handle, long workspaceBytes)
    {
        CublasException.ThrowIfFailed(LibCublasLt.cublasLtMatmulPreferenceCreate(out nint preference));
        using var owner = new DeviceHandle(preference, null, static value => LibCublasLt.cublasLtMatmulPreferenceDestroy(value));
        ulong bytes = (ulong)workspaceBytes;
        CublasException.ThrowIfFailed(LibCublasLt.cublasLtMatmulPreferenceSetAttribute(preference,
            cublasLtMatmulPreferenceAttributes_t.CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes, sizeof(ulong)));
        cublasLtMatmulHeuristicResult_t result;
        cublasStatus_t status = LibCublasLt.cublasLtMatmulAlgoGetHeuristic(handle, _description.Value, _layoutA.Value, _layoutB.Value,
            _layoutC.Value, _layoutC.Value, preference, 1, &result, out int found);
        if (status == cublasStatus_t.CUBLAS_STATUS_SUCCESS && found == 0)
        {
            status = cublasStatus_t.CUBLAS_STATUS_NOT_SUPPORTED;
        }
        return status == cublasStatus_t.CUBLAS_STATUS_SUCCESS
            ? result.algo
            : throw CublasException.Create(status, "cublasLtMatmulAlgoGetHeuristic", _shape);
    }
}
