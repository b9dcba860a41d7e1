using AutoTower.Kernels.Blas;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>Products of row-major views: cuBLAS sees each as its transpose, so factors change places.</summary>
internal static class BlasProducts
{
    /// <summary>c (N, M) = a (N, K) bᵀ, b (M, K).</summary>
    public static void WriteProductWithTransposed(this CudaBlas blas, Matrix a, Matrix b, Matrix c) => blas.Gemm(
        Transpose.Transposed, Transpose.None, b.Rows, a.Rows, a.Columns, 1, b.Address, b.Stride, a.Address, a.Stride, 0, c.Address, c.Stride);

    /// <summary>c (N, M) += a (N, K) b (K, M).</summary>
    public static void AddProduct(this CudaBlas blas, Matrix a, Matrix b, Matrix c) => blas.Gemm(
        Transpose.None, Transpose.None, b.Columns, a.Rows, a.Columns, 1, b.Address, b.Stride, a.Address, a.Stride, 1, c.Address, c.Stride);

    /// <summary>c (N, M) += aᵀ b, a (K, N), b (K, M).</summary>
    public static void AddTransposedProduct(this CudaBlas blas, Matrix a, Matrix b, Matrix c) => blas.Gemm(
        Transpose.None, Transpose.Transposed, b.Columns, a.Columns, a.Rows, 1, b.Address, b.Stride, a.Address, a.Stride, 1, c.Address, c.Stride);
}
