using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Blas;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>
/// Linear layers on cuBLAS, whose matrices are column-major: a row-major matrix is its own transpose there. Tokens are rows of a product
/// where they lie one behind the other, else one product of a batch.
/// </summary>
internal sealed class CudaDenseKernels(CudaEngine engine) : IDenseKernels
{
    private const int Block = 256;

    private readonly CudaKernel _bias = engine.Kernel("dense.cu", "bias_forward");
    private readonly CudaKernel _biasBackward = engine.Kernel("dense.cu", "bias_backward");
    private readonly CudaKernel _scaledBias = engine.Kernel("dense.cu", "scaled_bias_forward");
    private readonly CudaKernel _scaledBiasBackwardBias = engine.Kernel("dense.cu", "scaled_bias_backward_bias");
    private readonly CudaKernel _scaledBiasBackwardScale = engine.Kernel("dense.cu", "scaled_bias_backward_scale");
    private readonly CudaKernel _copy = engine.Kernel("copy.cu", "copy_forward");

    public void LinearForward(Matrix x, Matrix weight, Matrix bias, Matrix y, int tokens = 1)
    {
        Shape.Require(x, y.Rows, tokens * weight.Columns);
        Shape.Require(y, x.Rows, tokens * weight.Rows);
        Shape.RequireIfPresent(bias, 1, weight.Rows);
        if (IsOneProduct(x, y, tokens))
        {
            engine.Blas.WriteProductWithTransposed(TokenRows(x, tokens), weight, TokenRows(y, tokens));
        }
        else
        {
            MultiplyTokens(Transpose.Transposed, weight, x, y, tokens, 0);
        }

        if (!bias.IsAbsent)
        {
            engine.Launch(_bias, engine.BlocksOfPacks(y, Block), Block, 0, y, bias.Address, weight.Rows);
        }
    }

    public void LinearBackwardInput(Matrix dy, Matrix weight, Matrix dx, int tokens = 1)
    {
        Shape.Require(dx, dy.Rows, tokens * weight.Columns);
        Shape.Require(dy, dx.Rows, tokens * weight.Rows);
        if (IsOneProduct(dy, dx, tokens))
        {
            engine.Blas.AddProduct(TokenRows(dy, tokens), weight, TokenRows(dx, tokens));
        }
        else
        {
            MultiplyTokens(Transpose.None, weight, dy, dx, tokens, 1);
        }
    }

    public void LinearBackwardWeight(Matrix dy, Matrix x, Matrix dWeight, Matrix dBias, int tokens = 1)
    {
        Shape.Require(x, dy.Rows, tokens * dWeight.Columns);
        Shape.Require(dy, x.Rows, tokens * dWeight.Rows);
        Shape.RequireIfPresent(dBias, 1, dWeight.Rows);
        // The sum runs over rows and tokens, so they must be the rows of one product.
        var (factor, gradient) = IsOneProduct(x, dy, tokens) ? (x, dy) : Packed(x, dy);
        engine.Blas.AddTransposedProduct(TokenRows(gradient, tokens), TokenRows(factor, tokens), dWeight);
        if (!dBias.IsAbsent)
        {
            var sums = new ColumnSums(engine, dy.Rows * tokens, dWeight.Rows);
            engine.Launch(_biasBackward, sums.Grid, ColumnSums.Block, 0, dy, tokens, dBias.Address, sums.Partials, engine.Counters.Address);
        }
    }

    public void ScaledBiasForward(Matrix y, Matrix scale, Matrix bias)
    {
        Shape.Require(scale, y.Rows, 1);
        Shape.Require(bias, 1, y.Columns);
        engine.Launch(_scaledBias, engine.BlocksOfPacks(y, Block), Block, 0, y, scale, bias.Address);
    }

    public void ScaledBiasBackward(Matrix dy, Matrix scale, Matrix bias, Matrix dScale, Matrix dBias)
    {
        Shape.Require(scale, dy.Rows, 1);
        Shape.Require(bias, 1, dy.Columns);
        Shape.RequireIfPresent(dScale, dy.Rows, 1);
        Shape.Require(dBias, 1, dy.Columns);
        var sums = new ColumnSums(engine, dy.Rows, dy.Columns);
        engine.Launch(_scaledBiasBackwardBias, sums.Grid, ColumnSums.Block, 0, dy, scale, dBias.Address, sums.Partials, engine.Counters.Address);
        if (!dScale.IsAbsent)
        {
            engine.Launch(_scaledBiasBackwardScale, Dim3.Cover(dy.Rows, Block / CudaEngine.Warp), Block, 0, dy, bias.Address, dScale);
        }
    }

    // Whether all tokens of all rows are rows of one product.
    private static bool IsOneProduct(Matrix first, Matrix second, int tokens) => tokens == 1 || (first.IsContiguous && second.IsContiguous);

    // (N, n*k) as (N*n, k).
    private static Matrix TokenRows(Matrix matrix, int tokens) =>
        tokens == 1 ? matrix : matrix.Reshape(matrix.Rows * tokens, matrix.Columns / tokens);

    // output (N, n*m) = beta output + input (N, n*k) op(weight) as a batch of n products, token by token.
    private void MultiplyTokens(Transpose transpose, Matrix weight, Matrix input, Matrix output, int tokens, float beta)
    {
        var (m, k) = (output.Columns / tokens, input.Columns / tokens);
        engine.Blas.GemmStridedBatched(
            transpose, Transpose.None, m, input.Rows, k, 1, weight.Address, weight.Stride, 0, input.Address, input.Stride, k, beta, output.Address,
            output.Stride, m, tokens);
    }

    private (Matrix X, Matrix Dy) Packed(Matrix x, Matrix dy)
    {
        var dyOffset = DeviceScratch.Align(x.Count * sizeof(float));
        var scratch = engine.Scratch.Reserve(dyOffset + (dy.Count * sizeof(float)));
        return (Packed(x, scratch), Packed(dy, scratch + (nint)dyOffset));
    }

    private Matrix Packed(Matrix matrix, nint address)
    {
        if (matrix.IsContiguous)
        {
            return matrix;
        }

        var packed = new Matrix(address, matrix.Rows, matrix.Columns);
        engine.Launch(_copy, engine.BlocksOfPacks(matrix, Block), Block, 0, matrix, packed);
        return packed;
    }
}
