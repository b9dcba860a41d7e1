using AutoTower.Autograd.Devices;

namespace AutoTower.Autograd.Operations;

/// <summary>Attention within histories and interests of users on the tape. Of L positions the last lengths[b] are valid.</summary>
public static class SequenceOperation
{
    /// <summary>z = multi-head attention of each history's valid positions, zero at padding.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="projected">(B*L, 3d): query | key | value.</param>
    /// <param name="lengths">(B).</param>
    /// <param name="heads">H.</param>
    /// <param name="z">(B*L, d).</param>
    public static void SequenceAttention(this Tape tape, Tensor projected, IntegerArray lengths, int heads, Tensor z)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var kernels = tape.Device.Sequences;
        var length = projected.Rows / lengths.Length;
        var weights = tape.Arena.NewMatrix(lengths.Length, heads * length * length);
        kernels.AttentionForward(projected.Value, lengths, heads, z.Value, weights);
        tape.Record(() => kernels.AttentionBackward(projected.Value, lengths, heads, weights, z.Gradient, projected.Gradient));
    }

    /// <summary>Interests of the users by dynamic routing; the gradient takes the routing weights for constants.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">(B*L, c).</param>
    /// <param name="lengths">(B).</param>
    /// <param name="initial">(K, L): routing logits at first.</param>
    /// <param name="iterations">Rounds.</param>
    /// <param name="capsules">(B*K, c).</param>
    public static void RouteCapsules(this Tape tape, Tensor x, IntegerArray lengths, Matrix initial, int iterations, Tensor capsules)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var kernels = tape.Device.Sequences;
        var weights = tape.Arena.NewMatrix(lengths.Length, initial.Rows * initial.Columns);
        var sums = tape.Arena.NewMatrix(capsules.Rows, capsules.Columns);
        kernels.RoutingForward(x.Value, lengths, initial, iterations, weights, sums, capsules.Value);
        tape.Record(() => kernels.RoutingBackward(sums, lengths, weights, capsules.Gradient, x.Gradient));
    }

    /// <summary>y[b] = sum_k softmax_k(scale v[b, k] . e[b]) v[b, k].</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="users">(B, K*O): v.</param>
    /// <param name="items">(B, O): e.</param>
    /// <param name="scale">Factor of the scores.</param>
    /// <param name="y">(B, O).</param>
    public static void LabelAttention(this Tape tape, Tensor users, Tensor items, float scale, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var kernels = tape.Device.Sequences;
        var weights = tape.Arena.NewMatrix(users.Rows, users.Columns / items.Columns);
        kernels.LabelAttentionForward(users.Value, items.Value, scale, weights, y.Value);
        tape.Record(() => kernels.LabelAttentionBackward(
            users.Value, items.Value, scale, weights, y.Gradient, users.Gradient, items.Gradient));
    }
}
