namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>The attention of an SA-H block over its n tokens; the projections around it are dense layers.</summary>
public interface IAttentionKernels
{
    /// <summary>
    /// z[b, i, h] = softmax_j(q[b, i, h] . k[b, j, h] / sqrt(A)) v[b, j, h] + residual[b, i, h]. Assigns z and weights.
    /// </summary>
    /// <param name="projected">(B, n*4q), q = H*A: per token the four vectors query, key, value, residual, each (H, A).</param>
    /// <param name="tokens">n.</param>
    /// <param name="heads">H.</param>
    /// <param name="z">(B, n*q).</param>
    /// <param name="weights">(B, H*n*n): softmax weights saved for backward.</param>
    void Forward(Matrix projected, int tokens, int heads, Matrix z, Matrix weights);

    /// <summary>dProjected += gradient.</summary>
    void Backward(Matrix projected, int tokens, int heads, Matrix weights, Matrix dz, Matrix dProjected);
}
