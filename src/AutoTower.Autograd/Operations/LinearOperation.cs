using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Operations;

/// <summary>Linear layers on the tape.</summary>
public static class LinearOperation
{
    /// <summary>y = x wᵀ + b. With <paramref name="tokens"/> = n, x is (N, n*in), y is (N, n*out) and every token passes the same layer.</summary>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Linear(this Tape tape, Tensor x, LinearLayer layer, Tensor y, int tokens = 1)
    {
        ArgumentNullException.ThrowIfNull(layer);
        tape.Linear(x, layer.Weight.Tensor, layer.Bias?.Tensor ?? Tensor.None, y, tokens);
    }

    /// <summary>y = x wᵀ + b for a weight (out, in) and a bias (1, out) or none.</summary>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Linear(this Tape tape, Tensor x, Tensor weight, Tensor bias, Tensor y, int tokens = 1)
    {
        ArgumentNullException.ThrowIfNull(tape);
        if (x.Columns != tokens * weight.Columns || y.Columns != tokens * weight.Rows || x.Rows != y.Rows)
        {
            throw new ArgumentException(
                $"A linear layer ({weight.Rows}, {weight.Columns}) over {tokens} token(s) can't map ({x.Rows}, {x.Columns}) to ({y.Rows}, {y.Columns}).");
        }

        var dense = tape.Device.Dense;
        dense.LinearForward(x.Value, weight.Value, bias.Value, y.Value, tokens);
        tape.Record(() =>
        {
            if (x.WantsGradient)
            {
                dense.LinearBackwardInput(y.Gradient, weight.Value, x.Gradient, tokens);
            }

            dense.LinearBackwardWeight(y.Gradient, x.Value, weight.Gradient, bias.Gradient, tokens);
        });
    }

    /// <summary>Linear without bias, then + scale[i] * bias: the projection of a weighted sum whose weights add up to scale[i].</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">(N, in).</param>
    /// <param name="weight">(out, in).</param>
    /// <param name="bias">(1, out).</param>
    /// <param name="scale">(N, 1).</param>
    /// <param name="y">(N, out).</param>
    public static void LinearOfWeightedSum(this Tape tape, Tensor x, Tensor weight, Tensor bias, Tensor scale, Tensor y)
    {
        tape.Linear(x, weight, Tensor.None, y);
        var dense = tape.Device.Dense;
        dense.ScaledBiasForward(y.Value, scale.Value, bias.Value);
        tape.Record(() => dense.ScaledBiasBackward(y.Gradient, scale.Value, bias.Value, scale.Gradient, bias.Gradient));
    }
}
