using AutoTower.Autograd;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Export;

namespace AutoTower.Search.Space.Blocks;

/// <summary>MLP-h: concatenation, linear(nD, h), linear(h, out), no activation in between (paper, Table 1; SPEC.md).</summary>
/// <param name="hidden">h.</param>
public sealed class MlpBlockType(int hidden) : BlockType
{
    /// <inheritdoc/>
    public override string Name => $"mlp-{hidden}";

    /// <inheritdoc/>
    public override Complexity Cost(BlockShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return LinearCost(shape.ConcatenatedWidth, hidden) + LinearCost(hidden, shape.OutputWidth);
    }

    /// <inheritdoc/>
    public override IBlock Build(ParameterGroup group, BlockShape shape)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(shape);
        return new Block(
            group.AddLinear("hidden", shape.ConcatenatedWidth, hidden), group.AddLinear("output", hidden, shape.OutputWidth));
    }

    /// <inheritdoc/>
    public override GraphValue Export(GraphBuilder graph, ExportWeights weights, BlockShape shape, GraphValue inputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        return graph.Linear(graph.Linear(inputs, weights.Linear("hidden")), weights.Linear("output"));
    }

    private sealed class Block(LinearLayer hidden, LinearLayer output) : IBlock
    {
        public TowerBlock Fused { get; } = new(TowerBlockKind.Mlp, hidden.Weight.Rows, hidden, output);

        public void Forward(Tape tape, Tensor inputs, Tensor result)
        {
            var activations = tape.NewTensor(inputs.Rows, hidden.Weight.Rows);
            tape.Linear(inputs, hidden, activations);
            tape.Linear(activations, output, result);
        }
    }
}
