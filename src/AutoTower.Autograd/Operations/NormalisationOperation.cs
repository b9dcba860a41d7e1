using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Operations;

/// <summary>Batch norm with ReLU, layer norm, and L2 normalisation, on the tape.</summary>
public static class NormalisationOperation
{
    /// <summary>y = relu(batch norm(x)); statistics as the tape's mode says. x, y (B, D).</summary>
    public static void BatchNormRelu(this Tape tape, Tensor x, BatchNormLayer layer, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(layer);
        var kernels = tape.Device.Normalisation;
        if (tape.Mode == ForwardMode.Inference)
        {
            kernels.BatchNormReluInference(x.Value, layer.Vectors, y.Value);
            return;
        }

        var saved = tape.Arena.NewMatrix(2, x.Columns);
        kernels.BatchNormReluTrain(x.Value, layer.Vectors, tape.BatchNormMomentum, y.Value, saved);
        tape.Record(() => kernels.BatchNormReluBackward(
            x.Value,
            y.Value,
            layer.Weight.Tensor.Value,
            saved,
            y.Gradient,
            x.Gradient,
            layer.Weight.Tensor.Gradient,
            layer.Bias.Tensor.Gradient));
    }

    /// <summary>y[i] = x[i] / max(|x[i]|, 1e-12). x, y (N, O).</summary>
    public static void L2Normalise(this Tape tape, Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var kernels = tape.Device.Normalisation;
        var norms = tape.Arena.NewMatrix(x.Rows, 1);
        kernels.L2NormaliseForward(x.Value, y.Value, norms);
        tape.Record(() => kernels.L2NormaliseBackward(y.Value, norms, y.Gradient, x.Gradient));
    }

    /// <summary>y = layer norm(x + residual), row by row. x, residual, y (N, D).</summary>
    public static void AddLayerNorm(this Tape tape, Tensor x, Tensor residual, LayerNormLayer layer, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(layer);
        var (weight, bias) = (layer.Weight.Tensor, layer.Bias.Tensor);
        var kernels = tape.Device.Normalisation;
        var saved = tape.Arena.NewMatrix(x.Rows, 2);
        kernels.LayerNormForward(x.Value, residual.Value, weight.Value, bias.Value, y.Value, saved);
        tape.Record(() => kernels.LayerNormBackward(
            x.Value, residual.Value, weight.Value, saved, y.Gradient, x.Gradient, residual.Gradient, weight.Gradient, bias.Gradient));
    }
}
