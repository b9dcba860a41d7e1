using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

internal sealed class CudaNormalisationKernels(CudaEngine engine) : INormalisationKernels
{
    private const int Block = 256;
    private const int WarpsABlock = Block / CudaEngine.Warp;

    // A block of batch_norm.cu owns whole columns.
    private const int ColumnBlock = 1024;
    private const int ColumnsABlock = 8;

    private readonly CudaKernel _train = engine.Kernel("batch_norm.cu", "batch_norm_relu_train");
    private readonly CudaKernel _backward = engine.Kernel("batch_norm.cu", "batch_norm_relu_backward");
    private readonly CudaKernel _inference = engine.Kernel("batch_norm.cu", "batch_norm_relu_inference");
    private readonly CudaKernel _normalise = engine.Kernel("l2_normalise.cu", "l2_normalise_forward");
    private readonly CudaKernel _normaliseBackward = engine.Kernel("l2_normalise.cu", "l2_normalise_backward");
    private readonly CudaKernel _layerNorm = engine.Kernel("layer_norm.cu", "layer_norm_forward");
    private readonly CudaKernel _layerNormBackward = engine.Kernel("layer_norm.cu", "layer_norm_backward");
    private readonly CudaKernel _layerNormBackwardParameters = engine.Kernel("layer_norm.cu", "layer_norm_backward_parameters");

    public void BatchNormReluTrain(Matrix x, BatchNormVectors vectors, float momentum, Matrix y, Matrix saved)
    {
        Shape.Require(y, x.Rows, x.Columns);
        Shape.Require(saved, 2, x.Columns);
        Require(vectors, x.Columns);
        engine.Launch(
            _train, Dim3.Cover(x.Columns, ColumnsABlock), ColumnBlock, 0, x, vectors.Weight.Address, vectors.Bias.Address,
            vectors.RunningMean.Address, vectors.RunningVariance.Address, momentum, y, saved);
    }

    public void BatchNormReluBackward(
        Matrix x, Matrix y, Matrix weight, Matrix saved, Matrix dy, Matrix dx, Matrix dWeight, Matrix dBias)
    {
        Shape.Require(y, x.Rows, x.Columns);
        Shape.Require(dy, x.Rows, x.Columns);
        Shape.Require(dx, x.Rows, x.Columns);
        Shape.Require(weight, 1, x.Columns);
        Shape.Require(saved, 2, x.Columns);
        Shape.Require(dWeight, 1, x.Columns);
        Shape.Require(dBias, 1, x.Columns);
        engine.Launch(
            _backward, Dim3.Cover(x.Columns, ColumnsABlock), ColumnBlock, 0, x, y, weight.Address, saved, dy, dx, dWeight.Address, dBias.Address);
    }

    public void BatchNormReluInference(Matrix x, BatchNormVectors vectors, Matrix y)
    {
        Shape.Require(y, x.Rows, x.Columns);
        Require(vectors, x.Columns);
        engine.Launch(
            _inference, engine.BlocksOfPacks(x, Block), Block, 0, x, vectors.Weight.Address, vectors.Bias.Address,
            vectors.RunningMean.Address, vectors.RunningVariance.Address, y);
    }

    public void L2NormaliseForward(Matrix x, Matrix y, Matrix norms)
    {
        Shape.Require(y, x.Rows, x.Columns);
        Shape.Require(norms, x.Rows, 1);
        engine.Launch(_normalise, Dim3.Cover(x.Rows, WarpsABlock), Block, 0, x, y, norms);
    }

    public void L2NormaliseBackward(Matrix y, Matrix norms, Matrix dy, Matrix dx)
    {
        Shape.Require(norms, y.Rows, 1);
        Shape.Require(dy, y.Rows, y.Columns);
        Shape.Require(dx, y.Rows, y.Columns);
        engine.Launch(_normaliseBackward, Dim3.Cover(y.Rows, WarpsABlock), Block, 0, y, norms, dy, dx);
    }

    public void LayerNormForward(Matrix x, Matrix residual, Matrix weight, Matrix bias, Matrix y, Matrix saved)
    {
        Shape.Require(residual, x.Rows, x.Columns);
        Shape.Require(y, x.Rows, x.Columns);
        Shape.Require(saved, x.Rows, 2);
        Shape.Require(weight, 1, x.Columns);
        Shape.Require(bias, 1, x.Columns);
        engine.Launch(_layerNorm, Dim3.Cover(x.Rows, WarpsABlock), Block, 0, x, residual, weight.Address, bias.Address, y, saved);
    }

    public void LayerNormBackward(
        Matrix x, Matrix residual, Matrix weight, Matrix saved, Matrix dy, Matrix dx, Matrix dResidual, Matrix dWeight, Matrix dBias)
    {
        Shape.Require(dy, x.Rows, x.Columns);
        Shape.Require(dx, x.Rows, x.Columns);
        Shape.Require(dResidual, x.Rows, x.Columns);
        engine.Launch(
            _layerNormBackward, Dim3.Cover(x.Rows, WarpsABlock), Block, 0, x, residual, weight.Address, saved, dy, dx, dResidual);
        var sums = new ColumnSums(engine, x.Rows, x.Columns);
        foreach (var (ofBias, gradient) in ((int, nint)[])[(0, dWeight.Address), (1, dBias.Address)])
        {
            engine.Launch(
                _layerNormBackwardParameters, sums.Grid, ColumnSums.Block, 0, x, residual, saved, dy, ofBias, sums.Partials,
                engine.Counters.Address, gradient);
        }
    }

    private static void Require(BatchNormVectors vectors, int columns)
    {
        Shape.Require(vectors.Weight, 1, columns);
        Shape.Require(vectors.Bias, 1, columns);
        Shape.Require(vectors.RunningMean, 1, columns);
        Shape.Require(vectors.RunningVariance, 1, columns);
    }
}
