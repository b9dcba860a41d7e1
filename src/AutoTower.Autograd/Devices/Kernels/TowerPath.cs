using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>What a choice block of a fused tower computes (paper, Table 1).</summary>
public enum TowerBlockKind
{
    /// <summary>linear(n*D, h), linear(h, O).</summary>
    Mlp,

    /// <summary>Reduction over the n inputs, linear(D, O).</summary>
    Elementwise,

    /// <summary>H heads of attention over the n inputs with a residual projection, linear(n*H*A, O).</summary>
    SelfAttention,
}

/// <summary>A choice block with its parameters.</summary>
/// <param name="Kind">What it computes.</param>
/// <param name="Parameter">h, the <see cref="Reduction"/>, or H.</param>
/// <param name="First">MLP: hidden layer (h, n*D); self-attention: query, key, value and residual (4*H*A, D); else null.</param>
/// <param name="Output">The last linear layer.</param>
/// <param name="Norm">Batch norm behind it; null in a tower's last block.</param>
public sealed record TowerBlock(TowerBlockKind Kind, int Parameter, LinearLayer? First, LinearLayer Output, BatchNormLayer? Norm = null);

/// <summary>A path through a tower: alignment to D, then blocks, each over the aligned input and all earlier outputs.</summary>
/// <param name="Alignment">(D, in).</param>
/// <param name="Blocks">The blocks in order.</param>
public sealed record TowerPath(LinearLayer Alignment, IReadOnlyList<TowerBlock> Blocks)
{
    /// <summary>Width of the tower's input.</summary>
    public int InputWidth => Alignment.Weight.Columns;
}
