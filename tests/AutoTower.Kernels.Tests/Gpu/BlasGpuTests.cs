using AutoTower.Kernels.Blas;
using AutoTower.Kernels.Graphs;
using AutoTower.Kernels.Memory;

namespace AutoTower.Kernels.Tests.Gpu;

public class BlasGpuTests : GpuTest
{
    // Sums of 123 products of values up to 1 in 32 bits: the order of summing moves the result by a few units in the last place.
    private const double Fp32Tolerance = 1e-5;

    // Inputs rounded to 10 bits of mantissa: 2^-11 relative each, more in the worst case where terms cancel.
    private const double Tf32Tolerance = 3e-3;

    [Theory]
    [InlineData(Transpose.None, Transpose.None)]
    [InlineData(Transpose.Transposed, Transpose.None)]
    [InlineData(Transpose.None, Transpose.Transposed)]
    [InlineData(Transpose.Transposed, Transpose.Transposed)]
    public void Gemm_agrees_with_the_cpu(Transpose transposeA, Transpose transposeB)
    {
        const int M = 37, N = 65, K = 123;
        using var blas = new CudaBlas(Stream);
        float[] a = Values(M * K, 1), b = Values(K * N, 2), c = Values(M * N, 3);
        using CudaDeviceVariable<float> deviceA = Upload(a), deviceB = Upload(b), deviceC = Upload(c);
        int lda = transposeA == Transpose.None ? M : K;
        int ldb = transposeB == Transpose.None ? K : N;

        blas.Gemm(transposeA, transposeB, M, N, K, 0.5f, deviceA.Pointer, lda, deviceB.Pointer, ldb, 2f, deviceC.Pointer, M);

        double[] expected = Reference(transposeA, transposeB, M, N, K, 0.5, a, 0, b, 0, 2, c, 0);
        Assert.InRange(RelativeError(expected, Read(deviceC)), 0, Fp32Tolerance);
    }

    [Fact]
    public void A_row_major_product_is_the_swapped_column_major_one()
    {
        using var blas = new CudaBlas(Stream);
        // A (2, 3) = [1 2 3; 4 5 6], B (3, 2) = [1 0; 0 1; 1 1], both row-major.
        using CudaDeviceVariable<float> a = Upload([1f, 2, 3, 4, 5, 6]), b = Upload([1f, 0, 0, 1, 1, 1]), c = Unwritten(4);

        blas.Gemm(Transpose.None, Transpose.None, 2, 2, 3, 1, b.Pointer, 2, a.Pointer, 3, 0, c.Pointer, 2);

        Assert.Equal([4, 5, 10, 11], Read(c));
    }

    [Fact]
    public void Batched_products_agree_with_the_cpu()
    {
        const int M = 5, N = 7, K = 123, Batch = 9;
        using var blas = new CudaBlas(Stream);
        float[] a = Values(M * K * Batch, 1), b = Values(K * N, 2);
        using CudaDeviceVariable<float> deviceA = Upload(a), deviceB = Upload(b), deviceC = Unwritten(M * N * Batch);

        blas.GemmStridedBatched(Transpose.None, Transpose.None, M, N, K, 1, deviceA.Pointer, M, M * K, deviceB.Pointer, K, 0,
            0, deviceC.Pointer, M, M * N, Batch);

        double[] expected = [.. Enumerable.Range(0, Batch).SelectMany(
            i => Reference(Transpose.None, Transpose.None, M, N, K, 1, a, i * M * K, b, 0, 0, new float[M * N], 0))];
        Assert.InRange(RelativeError(expected, Read(deviceC)), 0, Fp32Tolerance);
    }

    [Fact]
    public void Tf32_rounds_its_inputs_and_fp32_does_not()
    {
        Assert.SkipUnless(Context.ComputeCapability >= new ComputeCapability(8, 0), "TF32 needs capability 8.0");
        const int Size = 512;
        using var blas = new CudaBlas(Stream);
        float[] a = Values(Size * Size, 1), b = Values(Size * Size, 2);
        using CudaDeviceVariable<float> deviceA = Upload(a), deviceB = Upload(b), deviceC = Unwritten(Size * Size);
        double[] expected = Reference(Transpose.None, Transpose.None, Size, Size, Size, 1, a, 0, b, 0, 0, new float[Size * Size], 0);

        double Error(MathMode mode)
        {
            blas.MathMode = mode;
            blas.Gemm(Transpose.None, Transpose.None, Size, Size, Size, 1, deviceA.Pointer, Size, deviceB.Pointer, Size, 0, deviceC.Pointer, Size);
            return RelativeError(expected, Read(deviceC));
        }

        Assert.InRange(Error(MathMode.Fp32), 0, Fp32Tolerance);
        Assert.InRange(Error(MathMode.Tf32), Fp32Tolerance, Tf32Tolerance);
        Assert.InRange(Error(MathMode.Fp32), 0, Fp32Tolerance);
    }

    [Fact]
    public void Sixteen_bit_inputs_give_exact_sums_of_small_integers()
    {
        const int Size = 16, Batch = 2;
        using var blas = new CudaBlas(Stream);
        Half[] a = [.. Enumerable.Range(0, Size * Size * Batch).Select(i => (Half)(i % 5))];
        using CudaDeviceVariable<Half> deviceA = Upload(a);
        using CudaDeviceVariable<float> single = Unwritten(Size * Size), batched = Unwritten(Size * Size * Batch);

        blas.GemmEx(Transpose.None, Transpose.None, Size, Size, Size, 1, deviceA.Pointer, Size, deviceA.Pointer, Size, ElementType.Fp16,
            0, single.Pointer, Size, ElementType.Fp32);
        blas.GemmStridedBatchedEx(Transpose.None, Transpose.None, Size, Size, Size, 1, deviceA.Pointer, Size, Size * Size,
            deviceA.Pointer, Size, Size * Size, ElementType.Fp16, 0, batched.Pointer, Size, Size * Size, ElementType.Fp32, Batch);

        float[] wide = [.. a.Select(value => (float)value)];
        double[] Expected(int i) => Reference(Transpose.None, Transpose.None, Size, Size, Size, 1, wide, i * Size * Size, wide, i * Size * Size,
            0, new float[Size * Size], 0);
        Assert.Equal(Expected(0), Read(single).Select(value => (double)value));
        Assert.Equal(Expected(0).Concat(Expected(1)), Read(batched).Select(value => (double)value));
    }

    [Fact]
    public void A_product_with_its_workspace_can_be_captured()
    {
        const int Size = 64;
        using var blas = new CudaBlas(Stream);
        using CudaDeviceVariable<byte> workspace = Pool.Allocate<byte>(CudaBlas.RecommendedWorkspaceBytes, "cuBLAS workspace");
        blas.SetWorkspace(workspace.View);
        float[] a = Values(Size * Size, 1);
        using CudaDeviceVariable<float> deviceA = Upload(a), deviceC = Unwritten(Size * Size);

        void Product() =>
            blas.Gemm(Transpose.None, Transpose.None, Size, Size, Size, 1, deviceA.Pointer, Size, deviceA.Pointer, Size, 0, deviceC.Pointer, Size);

        Product();
        float[] direct = Read(deviceC);
        deviceC.View.Clear(Stream);
        using CudaGraph graph = CudaGraph.Capture(Stream, Product);
        using CudaGraphExec executable = graph.Instantiate();
        executable.Launch(Stream);

        Assert.Equal(direct, Read(deviceC));
        Assert.True(blas.Version >= 120_000);
    }

    [Theory]
    [InlineData(MatmulEpilogue.None)]
    [InlineData(MatmulEpilogue.Bias)]
    [InlineData(MatmulEpilogue.BiasRelu)]
    public void A_matmul_plan_applies_its_epilogue(MatmulEpilogue epilogue)
    {
        const int M = 40, N = 64, K = 123;
        using var blas = new CudaBlasLt(Context);
        float[] a = Values(M * K, 1), b = Values(K * N, 2), bias = Values(M, 3);
        using CudaDeviceVariable<float> deviceA = Upload(a), deviceB = Upload(b), deviceBias = Upload(bias), deviceC = Unwritten(M * N);
        using CudaDeviceVariable<byte> workspace = Pool.Allocate<byte>(1 << 20, "cublasLt workspace");
        using var plan = new MatmulPlan(blas, Transpose.None, Transpose.None, M, N, K, M, K, M, epilogue,
            epilogue == MatmulEpilogue.None ? 0 : deviceBias.Pointer, MathMode.Fp32, workspace.Length);

        plan.Run(Stream, deviceA.Pointer, deviceB.Pointer, deviceC.Pointer, workspace.View);

        double[] product = Reference(Transpose.None, Transpose.None, M, N, K, 1, a, 0, b, 0, 0, new float[M * N], 0);
        double[] expected = [.. product.Select((value, i) => epilogue switch
        {
            MatmulEpilogue.None => value,
            MatmulEpilogue.Bias => value + bias[i % M],
            _ => Math.Max(0, value + bias[i % M]),
        })];
        Assert.InRange(RelativeError(expected, Read(deviceC)), 0, Fp32Tolerance);
    }

    [Fact]
    public void An_impossible_product_names_its_shape()
    {
        using var blas = new CudaBlas(Stream);

        var exception = Assert.Throws<CublasException>(() => blas.Gemm(Transpose.None, Transpose.None, 4, 4, 4, 1, 0, 1, 0, 1, 0, 0, 1));

        Assert.StartsWith("cublasSgemm failed (m 4, n 4, k 4, A None lda 1, B None ldb 1, ldc 1): CUBLAS_STATUS_INVALID_VALUE", exception.Message,
            StringComparison.Ordinal);
    }

    /// <summary>Room for a product, full of NaN: what a product leaves out shows, and initcheck, which misses bulk stores of cuBLAS, finds values.</summary>
    private CudaDeviceVariable<float> Unwritten(int length) => Upload(Enumerable.Repeat(float.NaN, length).ToArray());

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    /// <summary>The product in double, column-major: C (m, n).</summary>
    private static double[] Reference(Transpose transposeA, Transpose transposeB, int m, int n, int k, double alpha, float[] a, int offsetA,
        float[] b, int offsetB, double beta, float[] c, int offsetC)
    {
        var result = new double[m * n];
        for (int column = 0; column < n; column++)
        {
            for (int row = 0; row < m; row++)
            {
                double sum = 0;
                for (int i = 0; i < k; i++)
                {
                    float left = transposeA == Transpose.None ? a[offsetA + row + (i * m)] : a[offsetA + i + (row * k)];
                    float right = transposeB == Transpose.None ? b[offsetB + i + (column * k)] : b[offsetB + column + (i * n)];
                    sum += (double)left * right;
                }
                result[row + (column * m)] = (alpha * sum) + (beta * c[offsetC + row + (column * m)]);
            }
        }
        return result;
    }

    /// <summary>Norm of the difference over norm of the reference.</summary>
    private static double RelativeError(double[] expected, float[] actual)
    {
        double difference = Math.Sqrt(expected.Zip(actual, (e, v) => (e - v) * (e - v)).Sum());
        return difference / Math.Sqrt(expected.Sum(e => e * e));
    }
}
