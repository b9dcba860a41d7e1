using AutoTower.Search.Space;

namespace AutoTower.Search.Export;

/// <summary>A batch norm layer on the host; all vectors of one length.</summary>
/// <param name="Name">Name of the layer.</param>
/// <param name="Weight">Scale.</param>
/// <param name="Bias">Shift.</param>
/// <param name="RunningMean">Running mean.</param>
/// <param name="RunningVariance">Running variance.</param>
public sealed record BatchNormWeights(string Name, float[] Weight, float[] Bias, float[] RunningMean, float[] RunningVariance)
{
    /// <summary>Added to the variance (docs/numerics.md).</summary>
    public const float Epsilon = 1e-5f;

    /// <summary>Scale and shift, and one multiply-accumulate a feature.</summary>
    public Complexity Cost => new(2L * Weight.Length, Weight.Length);
}
