using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaElementwiseKernels(CudaEngine engine) : IElementwiseKernels
{
    private const int Block = 256;
    private const int WarpsABlock = Block / CudaEngine.Warp;

    private readonly CudaKernel _reduce = engine.Kernel("reduce_tokens.cu", "reduce_tokens_forward");
    private readonly CudaKernel _reduceBackward = engine.Kernel("reduce_tokens.cu", "reduce_tokens_backward");
    private readonly CudaKernel _activation = engine.Kernel("activation.cu", "activation_forward");
    private readonly CudaKernel _activationBackward = engine.Kernel("activation.cu", "activation_backward");
    private readonly CudaKernel _position = engine.Kernel("position.cu", "position_forward");
    private readonly CudaKernel _positionBackward = engine.Kernel("position.cu", "position_backward");
    private readonly CudaKernel _means = engine.Kernel("token_scale.cu", "token_means_forward");
    private readonly CudaKernel _meansBackward = engine.Kernel("token_scale.cu", "token_means_backward");
    private readonly CudaKernel _scale = engine.Kernel("token_scale.cu", "scale_tokens_forward");
    private readonly CudaKernel _scaleBackward = engine.Kernel("token_scale.cu", "scale_tokens_backward");
    private readonly CudaKernel _pairs = engine.Kernel("pairwise_products.cu", "pairwise_products_forward");
    private readonly CudaKernel _pairsBackward = engine.Kernel("pairwise_products.cu", "pairwise_products_backward");
    private readonly CudaKernel _copy = engine.Kernel("copy.cu", "copy_forward");
    private readonly CudaKernel _accumulate = engine.Kernel("copy.cu", "accumulate");

    public void ReduceTokensForward(Reduction reduction, Matrix x, int tokens, Matrix y)
    {
        Shape.Require(x, y.Rows, tokens * y.Columns);
        engine.Launch(_reduce, Packs(y), Block, 0, (int)reduction, x, tokens, y);
    }

    public void ReduceTokensBackward(Reduction reduction, Matrix x, int tokens, Matrix y, Matrix dy, Matrix dx)
    {
        Shape.Require(x, y.Rows, tokens * y.Columns);
        Shape.Require(dy, y.Rows, y.Columns);
        Shape.Require(dx, x.Rows, x.Columns);
        engine.Launch(_reduceBackward, Packs(y), Block, 0, (int)reduction, x, tokens, y, dy, dx);
    }

    public void ActivationForward(Activation activation, Matrix x, Matrix y)
    {
        Shape.Require(x, y.Rows, y.Columns);
        engine.Launch(_activation, Packs(y), Block, 0, (int)activation, x, y);
    }

    public void ActivationBackward(Activation activation, Matrix y, Matrix dy, Matrix dx)
    {
        Shape.Require(dy, y.Rows, y.Columns);
        Shape.Require(dx, y.Rows, y.Columns);
        engine.Launch(_activationBackward, Packs(y), Block, 0, (int)activation, y, dy, dx);
    }

    public void AddPositionForward(Matrix x, Matrix position, Matrix y)
    {
        Shape.Require(x, y.Rows, y.Columns);
        Shape.Require(position, position.Rows, y.Columns);
        engine.Launch(_position, Packs(y), Block, 0, x, position, y);
    }

    public void AddPositionBackward(Matrix dy, Matrix dx, Matrix dPosition)
    {
        Shape.Require(dx, dy.Rows, dy.Columns);
        Shape.Require(dPosition, dPosition.Rows, dy.Columns);
        var examples = dy.Rows / dPosition.Rows;
        var columns = dPosition.Rows * dy.Columns;
        var sums = new ColumnSums(engine, examples, columns);
        engine.Launch(
            _positionBackward, sums.Grid, ColumnSums.Block, 0, dy.Reshape(examples, columns).Address, dx.Reshape(examples, columns).Address,
            examples, columns, dPosition.Reshape(1, columns).Address, sums.Partials, engine.Counters.Address);
    }

    public void TokenMeansForward(Matrix x, int tokens, Matrix means)
    {
        Shape.Require(means, x.Rows, tokens);
        engine.Launch(_means, Dim3.Cover(means.Count, WarpsABlock), Block, 0, x, tokens, means);
    }

    public void TokenMeansBackward(Matrix dMeans, int tokens, Matrix dx)
    {
        Shape.Require(dMeans, dx.Rows, tokens);
        engine.Launch(_meansBackward, Packs(dx), Block, 0, dMeans, tokens, dx);
    }

    public void ScaleTokensForward(Matrix x, Matrix scale, int tokens, Matrix y)
    {
        Shape.Require(scale, x.Rows, tokens);
        Shape.Require(y, x.Rows, x.Columns);
        engine.Launch(_scale, Packs(y), Block, 0, x, scale, tokens, y);
    }

    public void ScaleTokensBackward(Matrix x, Matrix scale, int tokens, Matrix dy, Matrix dx, Matrix dScale)
    {
        Shape.Require(scale, x.Rows, tokens);
        Shape.Require(dy, x.Rows, x.Columns);
        Shape.Require(dx, x.Rows, x.Columns);
        Shape.Require(dScale, x.Rows, tokens);
        engine.Launch(_scaleBackward, Dim3.Cover(scale.Count, WarpsABlock), Block, 0, x, scale, tokens, dy, dx, dScale);
    }

    public void PairwiseProductsForward(Matrix x, int tokens, Matrix y)
    {
        Shape.Require(y, x.Rows, tokens * (tokens - 1) / 2);
        engine.Launch(_pairs, Dim3.Cover(y.Count, WarpsABlock), Block, 0, x, tokens, y);
    }

    public void PairwiseProductsBackward(Matrix x, int tokens, Matrix dy, Matrix dx)
    {
        Shape.Require(dy, x.Rows, tokens * (tokens - 1) / 2);
        Shape.Require(dx, x.Rows, x.Columns);
        engine.Launch(_pairsBackward, Packs(dx), Block, 0, x, tokens, dy, dx);
    }

    public void CopyForward(Matrix x, Matrix y)
    {
        Shape.Require(y, x.Rows, x.Columns);
        engine.Launch(_copy, Packs(y), Block, 0, x, y);
    }

    public void Accumulate(Matrix dy, Matrix dx)
    {
        Shape.Require(dx, dy.Rows, dy.Columns);
        engine.Launch(_accumulate, Packs(dx), Block, 0, dy, dx);
    }

    private int Packs(Matrix matrix) => engine.BlocksOfPacks(matrix, Block);
}
