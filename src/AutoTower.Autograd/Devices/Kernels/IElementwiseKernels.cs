namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>How an EW block reduces its n inputs (paper, Table 1).</summary>
public enum Reduction
{
    /// <summary>Sum over the inputs.</summary>
    Sum,

    /// <summary>Mean over the inputs.</summary>
    Average,

    /// <summary>Product over the inputs ("inner product" in the paper).</summary>
    Product,

    /// <summary>Maximum; the gradient goes to the first input that attains it.</summary>
    Maximum,

    /// <summary>Minimum; the gradient goes to the first input that attains it.</summary>
    Minimum,
}

/// <summary>An element-wise activation.</summary>
public enum Activation
{
    /// <summary>max(x, 0); the gradient at 0 is 0.</summary>
    Relu,

    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid,

    /// <summary>tanh(x).</summary>
    Tanh,
}

/// <summary>Element-wise work on block inputs. x holds n tokens of width D a row: (B, n*D), possibly a strided view.</summary>
public interface IElementwiseKernels
{
    /// <summary>y (B, D) = reduction over the n tokens of x (B, n*D). Assigns y.</summary>
    void ReduceTokensForward(Reduction reduction, Matrix x, int tokens, Matrix y);

    /// <summary>dx += gradient of the reduction.</summary>
    void ReduceTokensBackward(Reduction reduction, Matrix x, int tokens, Matrix y, Matrix dy, Matrix dx);

    /// <summary>y = activation(x), x and y (N, D); y may be x. Assigns y.</summary>
    void ActivationForward(Activation activation, Matrix x, Matrix y);

    /// <summary>dx += dy * activation'(x), computed from the output y.</summary>
    void ActivationBackward(Activation activation, Matrix y, Matrix dy, Matrix dx);

    /// <summary>y[b, l, :] = x[b, l, :] + position[l, :]; x, y (B*L, d) contiguous, position (L, d). Assigns y.</summary>
    void AddPositionForward(Matrix x, Matrix position, Matrix y);

    /// <summary>dx += dy; dPosition[l] += sum_b dy[b, l].</summary>
    void AddPositionBackward(Matrix dy, Matrix dx, Matrix dPosition);

    /// <summary>means[b, j] = mean over D of token j; means (B, n). Assigns means. (SENET squeeze.)</summary>
    void TokenMeansForward(Matrix x, int tokens, Matrix means);

    /// <summary>dx[b, j, :] += dMeans[b, j] / D.</summary>
    void TokenMeansBackward(Matrix dMeans, int tokens, Matrix dx);

    /// <summary>y[b, j, :] = x[b, j, :] * scale[b, j]; scale (B, n), y (B, n*D). Assigns y. (SENET re-weighting.)</summary>
    void ScaleTokensForward(Matrix x, Matrix scale, int tokens, Matrix y);

    /// <summary>dx += dy * scale; dScale[b, j] += dy[b, j, :] . x[b, j, :].</summary>
    void ScaleTokensBackward(Matrix x, Matrix scale, int tokens, Matrix dy, Matrix dx, Matrix dScale);

    /// <summary>y[b, p] = x[b, i, :] . x[b, j, :] for pairs i &lt; j in lexicographic order; y (B, n(n-1)/2). Assigns y. (Product layer.)</summary>
    void PairwiseProductsForward(Matrix x, int tokens, Matrix y);

    /// <summary>dx[b, i] += dy[b, p] x[b, j] and the other way round.</summary>
    void PairwiseProductsBackward(Matrix x, int tokens, Matrix dy, Matrix dx);

    /// <summary>y = x for (N, D) views. Assigns y.</summary>
    void CopyForward(Matrix x, Matrix y);

    /// <summary>dx += dy for (N, D) views.</summary>
    void Accumulate(Matrix dy, Matrix dx);
}
