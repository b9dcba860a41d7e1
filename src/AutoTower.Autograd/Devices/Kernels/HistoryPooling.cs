using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>How histories are pooled in one launch (paper, section 3.2.2).</summary>
public enum HistoryPoolingKind
{
    /// <summary>Sum of the valid rows.</summary>
    Sum,

    /// <summary>Their mean.</summary>
    Average,

    /// <summary>x + position, tanh(linear d->d), linear d->1, masked softmax, weighted sum of x.</summary>
    SelfAttentive,

    /// <summary>x + position, one head of attention with dropout, linear d->d, masked mean.</summary>
    SelfAttention,
}

/// <summary>A pooling with its parameters; layers that its kind does not have are null.</summary>
/// <param name="Kind">What it computes.</param>
/// <param name="Position">(L, d).</param>
/// <param name="First">Self-attentive: hidden (d, d) without bias; self-attention: query and key (2d, d).</param>
/// <param name="Second">Self-attentive: score (1, d) without bias; self-attention: value (d, d).</param>
/// <param name="Third">Self-attention: output (d, d).</param>
/// <param name="DropoutRate">Self-attention: dropout on the weights while training.</param>
public sealed record HistoryPooling(
    HistoryPoolingKind Kind,
    Parameter? Position = null,
    LinearLayer? First = null,
    LinearLayer? Second = null,
    LinearLayer? Third = null,
    float DropoutRate = 0);
