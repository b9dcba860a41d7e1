using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Operations;

/// <summary>Element-wise work on the tape. x holds n tokens a row: (B, n*D).</summary>
public static class ElementwiseOperation
{
    /// <summary>y (B, D) = reduction over the tokens of x (B, n*D).</summary>
    public static void ReduceTokens(this Tape tape, Reduction reduction, Tensor x, int tokens, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        RequireColumns(x, tokens * y.Columns);
        var kernels = tape.Device.Elementwise;
        kernels.ReduceTokensForward(reduction, x.Value, tokens, y.Value);
        tape.Record(() => kernels.ReduceTokensBackward(reduction, x.Value, tokens, y.Value, y.Gradient, x.Gradient));
    }

    /// <summary>y = activation(x), element by element.</summary>
    public static void Activate(this Tape tape, Activation activation, Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        RequireColumns(x, y.Columns);
        var kernels = tape.Device.Elementwise;
        kernels.ActivationForward(activation, x.Value, y.Value);
        tape.Record(() => kernels.ActivationBackward(activation, y.Value, y.Gradient, x.Gradient));
    }

    /// <summary>y[b, l] = x[b, l] + position[l]; x, y (B*L, d), position (L, d).</summary>
    public static void AddPosition(this Tape tape, Tensor x, Tensor position, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        RequireColumns(x, position.Columns);
        var kernels = tape.Device.Elementwise;
        kernels.AddPositionForward(x.Value, position.Value, y.Value);
        tape.Record(() => kernels.AddPositionBackward(y.Gradient, x.Gradient, position.Gradient));
    }

    /// <summary>means[b, j] = mean of token j; means (B, n).</summary>
    public static void TokenMeans(this Tape tape, Tensor x, Tensor means)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var kernels = tape.Device.Elementwise;
        var tokens = means.Columns;
        kernels.TokenMeansForward(x.Value, tokens, means.Value);
        tape.Record(() => kernels.TokenMeansBackward(means.Gradient, tokens, x.Gradient));
    }

    /// <summary>y[b, j, :] = x[b, j, :] * scale[b, j]; scale (B, n).</summary>
    public static void ScaleTokens(this Tape tape, Tensor x, Tensor scale, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        RequireColumns(x, y.Columns);
        var kernels = tape.Device.Elementwise;
        var tokens = scale.Columns;
        kernels.ScaleTokensForward(x.Value, scale.Value, tokens, y.Value);
        tape.Record(() => kernels.ScaleTokensBackward(x.Value, scale.Value, tokens, y.Gradient, x.Gradient, scale.Gradient));
    }

    /// <summary>y[b, p] = inner product of tokens i &lt; j, pairs in lexicographic order; y (B, n(n-1)/2).</summary>
    public static void PairwiseProducts(this Tape tape, Tensor x, int tokens, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        RequireColumns(y, tokens * (tokens - 1) / 2);
        var kernels = tape.Device.Elementwise;
        kernels.PairwiseProductsForward(x.Value, tokens, y.Value);
        tape.Record(() => kernels.PairwiseProductsBackward(x.Value, tokens, y.Gradient, x.Gradient));
    }

    /// <summary>y = x.</summary>
    public static void Copy(this Tape tape, Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        RequireColumns(x, y.Columns);
        var kernels = tape.Device.Elementwise;
        kernels.CopyForward(x.Value, y.Value);
        tape.Record(() => kernels.Accumulate(y.Gradient, x.Gradient));
    }

    private static void RequireColumns(Tensor tensor, int columns)
    {
        if (tensor.Columns != columns)
        {
            throw new ArgumentException($"Expected {columns} columns, not {tensor.Columns}.", nameof(tensor));
        }
    }
}
