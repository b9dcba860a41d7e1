using AutoTower.Autograd;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Export;

namespace AutoTower.Search.Space.Blocks;

/// <summary>EW: element-wise reduction over the n inputs, then linear(D, out) (paper, Table 1). It needs two inputs to reduce.</summary>
/// <param name="reduction">The reduction.</param>
public sealed class ElementwiseBlockType(Reduction reduction) : BlockType
{
    /// <inheritdoc/>
    public override string Name => reduction switch
    {
        Reduction.Sum => "ew-sum",
        Reduction.Average => "ew-avg",
        Reduction.Product => "ew-ip",
        Reduction.Maximum => "ew-max",
        _ => "ew-min",
    };

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override Complexity Cost(BlockShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return LinearCost(shape.Width, shape.OutputWidth) + Reducing(shape);
    }

    /// <inheritdoc/>
    public override IBlock Build(ParameterGroup group, BlockShape shape)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(shape);
        return new Block(reduction, shape, group.AddLinear("output", shape.Width, shape.OutputWidth));
    }

    /// <inheritdoc/>
    public override GraphValue Export(GraphBuilder graph, ExportWeights weights, BlockShape shape, GraphValue inputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(shape);
        var tokens = graph.Reshape(inputs, -1, shape.Inputs, shape.Width);
        var reduced = reduction == Reduction.Sum
            ? graph.Operator("ReduceSum", [tokens, graph.Integers(1)], Reducing(shape), GraphAttribute.Integer("keepdims", 0))
            : graph.Operator(
                ReductionOperator, [tokens], Reducing(shape), GraphAttribute.Integers("axes", 1), GraphAttribute.Integer("keepdims", 0));
        return graph.Linear(reduced, weights.Linear("output"));
    }

    // Since opset 13 the axes of ReduceSum are an input; in opset 17 those of the others are still an attribute.
    private string ReductionOperator => reduction switch
    {
        Reduction.Average => "ReduceMean",
        Reduction.Product => "ReduceProd",
        Reduction.Maximum => "ReduceMax",
        _ => "ReduceMin",
    };

    private Complexity Reducing(BlockShape shape) => new(0, reduction switch
    {
        Reduction.Average => shape.Width,
        Reduction.Product => shape.ConcatenatedWidth,
        _ => 0,
    });

    private sealed class Block(Reduction reduction, BlockShape shape, LinearLayer output) : IBlock
    {
        public TowerBlock Fused { get; } = new(TowerBlockKind.Elementwise, (int)reduction, null, output);

        public void Forward(Tape tape, Tensor inputs, Tensor result)
        {
            var reduced = tape.NewTensor(inputs.Rows, shape.Width);
            tape.ReduceTokens(reduction, inputs, shape.Inputs, reduced);
            tape.Linear(reduced, output, result);
        }
    }
}
