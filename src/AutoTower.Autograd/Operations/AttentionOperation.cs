namespace AutoTower.Autograd.Operations;

/// <summary>Attention over the tokens of an SA block on the tape.</summary>
public static class AttentionOperation
{
    /// <summary>z = multi-head attention + residual over n tokens.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="projected">(B, n*4q): query, key, value and residual of each token, q = H*A.</param>
    /// <param name="tokens">n.</param>
    /// <param name="heads">H.</param>
    /// <param name="z">(B, n*q).</param>
    public static void TokenAttention(this Tape tape, Tensor projected, int tokens, int heads, Tensor z)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var kernels = tape.Device.Attention;
        var weights = tape.Arena.NewMatrix(projected.Rows, heads * tokens * tokens);
        kernels.Forward(projected.Value, tokens, heads, z.Value, weights);
        tape.Record(() => kernels.Backward(projected.Value, tokens, heads, weights, z.Gradient, projected.Gradient));
    }
}
