using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Parameters;

/// <summary>The parameters of a linear layer y = x wᵀ + b.</summary>
/// <param name="Weight">(out, in).</param>
/// <param name="Bias">(1, out), or null.</param>
public sealed record LinearLayer(Parameter Weight, Parameter? Bias);

/// <summary>The parameters and running statistics of a batch norm layer, each (1, D).</summary>
/// <param name="Weight">Scale.</param>
/// <param name="Bias">Shift.</param>
/// <param name="RunningMean">Running mean.</param>
/// <param name="RunningVariance">Running variance.</param>
public sealed record BatchNormLayer(Parameter Weight, Parameter Bias, Parameter RunningMean, Parameter RunningVariance)
{
    /// <summary>The vectors as kernels take them.</summary>
    public BatchNormVectors Vectors =>
        new(Weight.Tensor.Value, Bias.Tensor.Value, RunningMean.Tensor.Value, RunningVariance.Tensor.Value);
}

/// <summary>The parameters of a layer norm layer, each (1, D).</summary>
/// <param name="Weight">Scale.</param>
/// <param name="Bias">Shift.</param>
public sealed record LayerNormLayer(Parameter Weight, Parameter Bias);
