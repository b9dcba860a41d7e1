namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>Where the dropout of self-attention pooling takes its random bits from.</summary>
/// <param name="Rate">Probability of dropping a weight; 0 switches dropout off.</param>
/// <param name="Seed">Key of the counter-based generator.</param>
/// <param name="Clock">
/// One int on the device: the training step. Weight (b, i, j) is kept iff Philox4x32-10 with key = Seed and
/// counter = (index / 4 low, index / 4 high, step, <see cref="Random.RandomStream.Dropout"/>), word index % 4, as uniform in [0, 1),
/// is at least Rate, where index = (b*L + i)*L + j.
/// </param>
public readonly record struct Dropout(float Rate, ulong Seed, IntegerArray Clock);

/// <summary>
/// Poolings over the masked history. Histories are padded on the left: of L positions the last lengths[b] are valid.
/// x (B*L, d) contiguous. An empty history gives the zero vector and no gradient.
/// </summary>
public interface IPoolingKernels
{
    /// <summary>y[b] = sum (or, with <paramref name="average"/>, mean) of the valid rows. y (B, d). Assigns y.</summary>
    void SumForward(Matrix x, IntegerArray lengths, bool average, Matrix y);

    /// <summary>dx[valid] += dy[b] (divided by the length for the mean).</summary>
    void SumBackward(Matrix dy, IntegerArray lengths, bool average, Matrix dx);

    /// <summary>
    /// Self-attentive pooling behind its first linear layer: t = tanh(hidden); a = masked softmax_l(t[b, l] . w2); y[b] = sum_l a[b, l] x[b, l].
    /// Assigns y and weights and overwrites hidden with t (at valid rows; others are left undefined).
    /// </summary>
    /// <param name="hidden">(B*L, d): W1 (x + position) on entry, t on exit.</param>
    /// <param name="w2">(1, d).</param>
    /// <param name="x">(B*L, d): the history without position.</param>
    /// <param name="lengths">(B).</param>
    /// <param name="weights">(B, L): a, zero at padding.</param>
    /// <param name="y">(B, d).</param>
    void SelfAttentiveForward(Matrix hidden, Matrix w2, Matrix x, IntegerArray lengths, Matrix weights, Matrix y);

    /// <summary>dHidden is assigned (gradient before the tanh, zero at padding); dW2 and dx are accumulated.</summary>
    void SelfAttentiveBackward(
        Matrix t, Matrix w2, Matrix x, IntegerArray lengths, Matrix weights, Matrix dy, Matrix dHidden, Matrix dW2, Matrix dx);

    /// <summary>
    /// One-head self-attention followed by the masked mean. Mean and value/output projections are linear, so the mean is taken first:
    /// A = masked softmax(q k'/sqrt(d)), dropped out and scaled by 1/(1-rate); c[b, j] = mean over valid i of A[b, i, j];
    /// pooled[b] = sum_j c[b, j] x[b, j]; mass[b] = sum_j c[b, j] (1 without dropout, 0 for an empty history).
    /// The caller applies the value projection to pooled with its bias scaled by mass. Assigns weights, columnMeans, pooled and mass.
    /// </summary>
    /// <param name="queryKey">(B*L, 2d): query | key.</param>
    /// <param name="x">(B*L, d): the attended rows (history + position).</param>
    /// <param name="lengths">(B).</param>
    /// <param name="dropout">Dropout on A.</param>
    /// <param name="weights">(B, L*L): softmax before dropout, saved for backward; rows and columns of padding are undefined.</param>
    /// <param name="columnMeans">(B, L): c, zero at padding.</param>
    /// <param name="pooled">(B, d).</param>
    /// <param name="mass">(B, 1).</param>
    void SelfAttentionForward(
        Matrix queryKey, Matrix x, IntegerArray lengths, Dropout dropout, Matrix weights, Matrix columnMeans, Matrix pooled, Matrix mass);

    /// <summary>dQueryKey is assigned (zero at padding); dx is accumulated.</summary>
    void SelfAttentionBackward(
        Matrix queryKey, Matrix x, IntegerArray lengths, Dropout dropout, Matrix weights, Matrix columnMeans,
        Matrix dPooled, Matrix dMass, Matrix dQueryKey, Matrix dx);

    /// <summary>y[b] = 1 if lengths[b] &gt; 0 else 0; y (B, 1). Assigns y.</summary>
    void NonEmpty(IntegerArray lengths, Matrix y);
}
