using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Export;

namespace AutoTower.Search.Space;

/// <summary>A way to pool the history (paper, section 3.2.2).</summary>
public abstract class PoolingType
{
    /// <summary>Name in architectures and weights, for example <c>self-attention</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Parameters and multiply-accumulates for histories of <paramref name="length"/> rows of <paramref name="width"/> = d.</summary>
    public abstract Complexity Cost(int length, int width);

    /// <summary>Declares the pooling's parameters in <paramref name="group"/> and returns what applies them.</summary>
    public abstract IPooling Build(ParameterGroup group, int length, int width);

    /// <summary>Adds the pooling's inference form to a graph that is being exported.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="weights">The tensors that <see cref="Build"/> declared.</param>
    /// <param name="history">The history.</param>
    /// <returns>(B, d).</returns>
    /// <exception cref="NotSupportedException">The type has no such form.</exception>
    public virtual GraphValue Export(GraphBuilder graph, ExportWeights weights, HistoryValue history) =>
        throw new NotSupportedException($"Pooling {Name} can't be exported: it does not say what it is in ONNX.");

    /// <inheritdoc/>
    public sealed override string ToString() => Name;
}

/// <summary>A pooling with its parameters.</summary>
public interface IPooling
{
    /// <summary>Pools the valid rows of each history and records the gradient. An empty history gives the zero vector.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="history">(B*L, d), padded on the left.</param>
    /// <param name="lengths">(B) valid rows.</param>
    /// <param name="output">(B, d).</param>
    void Forward(Tape tape, Tensor history, IntegerArray lengths, Tensor output);

    /// <summary>The pooling as kernels for whole histories know it; null for a type that they do not know, which then runs operation by operation.</summary>
    HistoryPooling? Fused => null;
}
