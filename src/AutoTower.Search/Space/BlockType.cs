using AutoTower.Autograd;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Export;

namespace AutoTower.Search.Space;

/// <summary>What a choice block sees at its position.</summary>
/// <param name="Inputs">n: the tower's aligned input and all earlier block outputs.</param>
/// <param name="Width">D of each input.</param>
/// <param name="OutputWidth">Width of the output: D, or O in the last block.</param>
/// <param name="HeadWidth">A: attention dimension of a head.</param>
public sealed record BlockShape(int Inputs, int Width, int OutputWidth, int HeadWidth)
{
    /// <summary>Width n*D of the concatenated inputs.</summary>
    public int ConcatenatedWidth => Inputs * Width;
}

/// <summary>
/// A kind of choice block (paper, section 3.2.2). The set is open: a class derived from this one and registered with
/// <see cref="BlockRegistry.Register"/> takes part in search, training and cost. Batch norm and ReLU behind a block are not its business.
/// </summary>
public abstract class BlockType
{
    /// <summary>Name in architectures and weights, for example <c>mlp-512</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Fewest inputs it can work on; 2 keeps it out of a tower's first position.</summary>
    public virtual int MinimumInputs => 1;

    /// <summary>Parameters and multiply-accumulates without batch norm.</summary>
    public abstract Complexity Cost(BlockShape shape);

    /// <summary>Declares the block's parameters in <paramref name="group"/> and returns what applies them.</summary>
    public abstract IBlock Build(ParameterGroup group, BlockShape shape);

    /// <summary>Adds the block's inference form, before batch norm and ReLU, to a graph that is being exported.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="weights">The tensors that <see cref="Build"/> declared.</param>
    /// <param name="shape">What the block sees.</param>
    /// <param name="inputs">(B, n*D).</param>
    /// <returns>(B, out).</returns>
    /// <exception cref="NotSupportedException">The type has no such form.</exception>
    public virtual GraphValue Export(GraphBuilder graph, ExportWeights weights, BlockShape shape, GraphValue inputs) =>
        throw new NotSupportedException($"Block type {Name} can't be exported: it does not say what it is in ONNX.");

    /// <inheritdoc/>
    public sealed override string ToString() => Name;

    /// <summary>Cost of a linear layer with bias.</summary>
    protected static Complexity LinearCost(long input, long output) => new((input + 1) * output, input * output);
}

/// <summary>A block with its parameters.</summary>
public interface IBlock
{
    /// <summary>Computes the block, before batch norm and ReLU, and records its gradient.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="inputs">(B, n*D): the n inputs side by side, a strided view.</param>
    /// <param name="output">(B, out).</param>
    void Forward(Tape tape, Tensor inputs, Tensor output);

    /// <summary>The block as kernels for whole towers know it; null for a type that they do not know, which then runs operation by operation.</summary>
    TowerBlock? Fused => null;
}
