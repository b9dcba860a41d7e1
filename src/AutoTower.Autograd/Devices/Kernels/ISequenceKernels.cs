namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>
/// Attention and interests of models that look at a history as a sequence (BST, MIND). Histories are padded on the left: of L positions
/// the last lengths[b] are valid.
/// </summary>
public interface ISequenceKernels
{
    /// <summary>
    /// z[b, i, h] = sum over valid j of softmax_j(q[b, i, h] . k[b, j, h] / sqrt(A)) v[b, j, h], zero at padding. Assigns z and weights.
    /// </summary>
    /// <param name="projected">(B*L, 3d), d = H*A: query | key | value, each (H, A).</param>
    /// <param name="lengths">(B).</param>
    /// <param name="heads">H.</param>
    /// <param name="z">(B*L, d).</param>
    /// <param name="weights">(B, H*L*L): softmax weights saved for backward; undefined where either position is padding.</param>
    void AttentionForward(Matrix projected, IntegerArray lengths, int heads, Matrix z, Matrix weights);

    /// <summary>dProjected += gradient.</summary>
    void AttentionBackward(Matrix projected, IntegerArray lengths, int heads, Matrix weights, Matrix dz, Matrix dProjected);

    /// <summary>
    /// Dynamic routing (MIND). With logits b = initial, <paramref name="iterations"/> times: w[k, l] = softmax over k of b[k, l];
    /// z[k] = sum over valid l of w[k, l] x[l]; u[k] = |z[k]| / (1 + |z[k]|^2) z[k]; between two rounds b[k, l] += u[k] . x[l].
    /// Assigns weights, sums and capsules; an empty history gives zeros.
    /// </summary>
    /// <param name="x">(B*L, c).</param>
    /// <param name="lengths">(B).</param>
    /// <param name="initial">(K, L): logits at first, the same for every example.</param>
    /// <param name="iterations">Rounds, at least 1.</param>
    /// <param name="weights">(B, K*L): w of the last round; undefined at padding.</param>
    /// <param name="sums">(B*K, c): z of the last round.</param>
    /// <param name="capsules">(B*K, c): u of the last round.</param>
    void RoutingForward(Matrix x, IntegerArray lengths, Matrix initial, int iterations, Matrix weights, Matrix sums, Matrix capsules);

    /// <summary>dx[l] += sum_k w[k, l] dz[k]; the weights count as constants, as in the published model.</summary>
    void RoutingBackward(Matrix sums, IntegerArray lengths, Matrix weights, Matrix dCapsules, Matrix dx);

    /// <summary>a[b, k] = softmax over k of scale v[b, k] . e[b]; y[b] = sum_k a[b, k] v[b, k]. Assigns weights and y.</summary>
    /// <param name="users">(B, K*O): v.</param>
    /// <param name="items">(B, O): e.</param>
    /// <param name="scale">Factor of the scores.</param>
    /// <param name="weights">(B, K): a.</param>
    /// <param name="y">(B, O).</param>
    void LabelAttentionForward(Matrix users, Matrix items, float scale, Matrix weights, Matrix y);

    /// <summary>dUsers += gradient, dItems += gradient.</summary>
    void LabelAttentionBackward(Matrix users, Matrix items, float scale, Matrix weights, Matrix dy, Matrix dUsers, Matrix dItems);
}
