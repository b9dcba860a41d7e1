using AutoTower.Autograd;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Export;

namespace AutoTower.Search.Space.Blocks;

/// <summary>
/// SENET (Hu et al. 2018, the paper's reference 14): squeeze each input to its mean, linear(n, r), ReLU, linear(r, n), sigmoid with
/// r = max(1, n/2), scale each input by its weight, flatten, linear(nD, out).
/// Parameters: (n+1)r + (r+1)n + (nD+1)o. MACs: nD (means) + 2nr + nD (scaling) + nDo.
/// </summary>
public sealed class SenetBlockType : BlockType
{
    /// <inheritdoc/>
    public override string Name => "senet";

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override Complexity Cost(BlockShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return SqueezeExcitation.Cost(shape.Inputs, shape.Width) + LinearCost(shape.ConcatenatedWidth, shape.OutputWidth);
    }

    /// <inheritdoc/>
    public override IBlock Build(ParameterGroup group, BlockShape shape)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(shape);
        return new Block(new SqueezeExcitation(group, shape.Inputs), group.AddLinear("output", shape.ConcatenatedWidth, shape.OutputWidth));
    }

    /// <inheritdoc/>
    public override GraphValue Export(GraphBuilder graph, ExportWeights weights, BlockShape shape, GraphValue inputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(shape);
        var tokens = graph.Reshape(inputs, -1, shape.Inputs, shape.Width);
        var means = graph.Operator(
            "ReduceMean",
            [tokens],
            new Complexity(0, shape.ConcatenatedWidth),
            GraphAttribute.Integers("axes", 2),
            GraphAttribute.Integer("keepdims", 0));
        var reduced = graph.Operator("Relu", [graph.Linear(means, weights.Linear("reduce"))]);
        var scale = graph.Operator("Sigmoid", [graph.Linear(reduced, weights.Linear("excite"))]);
        var scaled = graph.Operator(
            "Mul", [tokens, graph.Operator("Unsqueeze", [scale, graph.Integers(2)])], new Complexity(0, shape.ConcatenatedWidth));
        return graph.Linear(graph.Reshape(scaled, -1, shape.ConcatenatedWidth), weights.Linear("output"));
    }

    private sealed class Block(SqueezeExcitation weights, LinearLayer output) : IBlock
    {
        public void Forward(Tape tape, Tensor inputs, Tensor result) => tape.Linear(weights.Forward(tape, inputs), output, result);
    }
}
