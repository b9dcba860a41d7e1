using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Operations;

/// <summary>History poolings on the tape. x (B*L, d) with the last lengths[b] of L positions valid; y (B, d).</summary>
public static class PoolingOperation
{
    /// <summary>Masked sum, or mean.</summary>
    public static void SumPool(this Tape tape, Tensor x, IntegerArray lengths, bool average, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var kernels = tape.Device.Pooling;
        kernels.SumForward(x.Value, lengths, average, y.Value);
        tape.Record(() => kernels.SumBackward(y.Gradient, lengths, average, x.Gradient));
    }

    /// <summary>Weighted sum with weights softmax(tanh(hidden) . w2).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="hidden">(B*L, d): the first linear layer's output; overwritten.</param>
    /// <param name="w2">(1, d).</param>
    /// <param name="x">(B*L, d).</param>
    /// <param name="lengths">(B).</param>
    /// <param name="y">(B, d).</param>
    public static void SelfAttentivePool(this Tape tape, Tensor hidden, Tensor w2, Tensor x, IntegerArray lengths, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var kernels = tape.Device.Pooling;
        var weights = tape.Arena.NewMatrix(lengths.Length, x.Rows / lengths.Length);
        kernels.SelfAttentiveForward(hidden.Value, w2.Value, x.Value, lengths, weights, y.Value);
        tape.Record(() => kernels.SelfAttentiveBackward(
            hidden.Value, w2.Value, x.Value, lengths, weights, y.Gradient, hidden.Gradient, w2.Gradient, x.Gradient));
    }

    /// <summary>The attention-weighted mean of x before the value projection, and the sum of its weights.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="queryKey">(B*L, 2d): query | key.</param>
    /// <param name="x">(B*L, d): history + position.</param>
    /// <param name="lengths">(B).</param>
    /// <param name="dropoutRate">Dropout on the weights while training.</param>
    /// <param name="pooled">(B, d).</param>
    /// <param name="mass">(B, 1).</param>
    public static void SelfAttentionPool(
        this Tape tape, Tensor queryKey, Tensor x, IntegerArray lengths, float dropoutRate, Tensor pooled, Tensor mass)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var kernels = tape.Device.Pooling;
        var length = x.Rows / lengths.Length;
        var dropout = new Dropout(tape.Records ? dropoutRate : 0f, tape.DropoutSeed, tape.Clock);
        var weights = tape.Arena.NewMatrix(lengths.Length, length * length);
        var columnMeans = tape.Arena.NewMatrix(lengths.Length, length);
        kernels.SelfAttentionForward(queryKey.Value, x.Value, lengths, dropout, weights, columnMeans, pooled.Value, mass.Value);
        tape.Record(() => kernels.SelfAttentionBackward(
            queryKey.Value,
            x.Value,
            lengths,
            dropout,
            weights,
            columnMeans,
            pooled.Gradient,
            mass.Gradient,
            queryKey.Gradient,
            x.Gradient));
    }

    /// <summary>y[b] = 1 where the history is not empty, else 0. No gradient. y (B, 1).</summary>
    public static Tensor NonEmpty(this Tape tape, IntegerArray lengths)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var y = tape.Arena.NewMatrix(lengths.Length, 1);
        tape.Device.Pooling.NonEmpty(lengths, y);
        return new Tensor(y, Matrix.None);
    }
}
