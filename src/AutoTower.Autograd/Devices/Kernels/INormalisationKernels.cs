namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>The vectors of one batch norm layer, each (1, D).</summary>
/// <param name="Weight">Scale gamma.</param>
/// <param name="Bias">Shift beta.</param>
/// <param name="RunningMean">Running mean, updated by training and recalibration.</param>
/// <param name="RunningVariance">Running variance (unbiased), updated likewise.</param>
public readonly record struct BatchNormVectors(Matrix Weight, Matrix Bias, Matrix RunningMean, Matrix RunningVariance);

/// <summary>Batch normalisation (eps 1e-5), fused with the ReLU behind it, layer normalisation (eps 1e-5), and L2 normalisation of rows.</summary>
public interface INormalisationKernels
{
    /// <summary>
    /// y = relu(gamma (x - mean) / sqrt(var + eps) + beta) with the batch's mean and biased variance (two-pass, stable);
    /// running &lt;- (1 - momentum) running + momentum * (mean, unbiased variance; biased when B = 1). Assigns y, mean and inverse deviation.
    /// </summary>
    /// <param name="x">(B, D).</param>
    /// <param name="vectors">Parameters and running statistics.</param>
    /// <param name="momentum">0.1 in training.</param>
    /// <param name="y">(B, D).</param>
    /// <param name="saved">(2, D): row 0 receives the mean, row 1 the inverse standard deviation.</param>
    void BatchNormReluTrain(Matrix x, BatchNormVectors vectors, float momentum, Matrix y, Matrix saved);

    /// <summary>dx += ...; dWeight += ...; dBias += .... The ReLU mask is y &gt; 0.</summary>
    /// <param name="x">(B, D), the forward input.</param>
    /// <param name="y">(B, D), the forward output.</param>
    /// <param name="weight">(1, D).</param>
    /// <param name="saved">(2, D) of the forward call.</param>
    /// <param name="dy">(B, D).</param>
    /// <param name="dx">(B, D), accumulated.</param>
    /// <param name="dWeight">(1, D), accumulated.</param>
    /// <param name="dBias">(1, D), accumulated.</param>
    void BatchNormReluBackward(Matrix x, Matrix y, Matrix weight, Matrix saved, Matrix dy, Matrix dx, Matrix dWeight, Matrix dBias);

    /// <summary>y = relu(gamma (x - running mean) / sqrt(running variance + eps) + beta). Assigns y.</summary>
    void BatchNormReluInference(Matrix x, BatchNormVectors vectors, Matrix y);

    /// <summary>y[i] = x[i] / max(|x[i]|, 1e-12); norms (N, 1) receives the divisor. Assigns both.</summary>
    void L2NormaliseForward(Matrix x, Matrix y, Matrix norms);

    /// <summary>dx[i] += (dy[i] - y[i] (y[i] . dy[i])) / norm[i]; rows whose divisor was clamped get dy / 1e-12 as in the reference.</summary>
    void L2NormaliseBackward(Matrix y, Matrix norms, Matrix dy, Matrix dx);

    /// <summary>y[i] = gamma (s[i] - mean) / sqrt(var + eps) + beta, s = x + residual, with each row's mean and biased variance. Assigns y and saved.</summary>
    /// <param name="x">(N, D).</param>
    /// <param name="residual">(N, D).</param>
    /// <param name="weight">(1, D): gamma.</param>
    /// <param name="bias">(1, D): beta.</param>
    /// <param name="y">(N, D).</param>
    /// <param name="saved">(N, 2): mean and inverse standard deviation of each row.</param>
    void LayerNormForward(Matrix x, Matrix residual, Matrix weight, Matrix bias, Matrix y, Matrix saved);

    /// <summary>dx, dResidual, dWeight and dBias += gradient.</summary>
    void LayerNormBackward(
        Matrix x, Matrix residual, Matrix weight, Matrix saved, Matrix dy, Matrix dx, Matrix dResidual, Matrix dWeight, Matrix dBias);
}
