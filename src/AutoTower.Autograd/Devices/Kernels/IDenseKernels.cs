namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>
/// Linear layers. With <c>tokens</c> = n &gt; 1 the same weights are applied to n column groups of each row:
/// x is (N, n*in), y is (N, n*out); n = 1 is the ordinary layer. Any matrix may be a strided view.
/// </summary>
public interface IDenseKernels
{
    /// <summary>y = x wᵀ + bias. Assigns y.</summary>
    /// <param name="x">(N, n*in).</param>
    /// <param name="weight">(out, in).</param>
    /// <param name="bias">(1, out) or absent.</param>
    /// <param name="y">(N, n*out).</param>
    /// <param name="tokens">n.</param>
    void LinearForward(Matrix x, Matrix weight, Matrix bias, Matrix y, int tokens = 1);

    /// <summary>dx += dy w.</summary>
    void LinearBackwardInput(Matrix dy, Matrix weight, Matrix dx, int tokens = 1);

    /// <summary>dWeight += dyᵀ x and, where present, dBias += column sums of dy (both summed over tokens).</summary>
    void LinearBackwardWeight(Matrix dy, Matrix x, Matrix dWeight, Matrix dBias, int tokens = 1);

    /// <summary>y[i,:] += scale[i] * bias[:], for a bias behind a weighted sum whose weights do not add up to one.</summary>
    /// <param name="y">(N, D).</param>
    /// <param name="scale">(N, 1).</param>
    /// <param name="bias">(1, D).</param>
    void ScaledBiasForward(Matrix y, Matrix scale, Matrix bias);

    /// <summary>dBias += sum_i scale[i] dy[i,:]; dScale[i] += dy[i,:] . bias (where dScale is present).</summary>
    void ScaledBiasBackward(Matrix dy, Matrix scale, Matrix bias, Matrix dScale, Matrix dBias);
}
