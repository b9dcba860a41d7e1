using AutoTower.Autograd;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Export;

namespace AutoTower.Search.Space.Blocks;

/// <summary>
/// Product layer (PNN, Qu et al. 2016, the paper's reference 30): the inner products of all pairs of inputs beside the inputs themselves,
/// then linear(nD + p, out) with p = n(n-1)/2. Parameters: (nD+p+1)o. MACs: pD + (nD+p)o.
/// </summary>
public sealed class ProductBlockType : BlockType
{
    /// <inheritdoc/>
    public override string Name => "product";

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override Complexity Cost(BlockShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return LinearCost(shape.ConcatenatedWidth + Pairs(shape), shape.OutputWidth) + new Complexity(0, (long)Pairs(shape) * shape.Width);
    }

    /// <inheritdoc/>
    public override IBlock Build(ParameterGroup group, BlockShape shape)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(shape);
        return new Block(shape.Inputs, group.AddLinear("output", shape.ConcatenatedWidth + Pairs(shape), shape.OutputWidth));
    }

    /// <inheritdoc/>
    public override GraphValue Export(GraphBuilder graph, ExportWeights weights, BlockShape shape, GraphValue inputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(shape);
        var tokens = graph.Reshape(inputs, -1, shape.Inputs, shape.Width);
        var (left, right) = PairIndices(shape.Inputs);
        var axis = GraphAttribute.Integer("axis", 1);
        var products = graph.Operator(
            "Mul",
            [
                graph.Operator("Gather", [tokens, graph.Integers(left)], default, axis), // (B, p, D)
                graph.Operator("Gather", [tokens, graph.Integers(right)], default, axis),
            ],
            new Complexity(0, (long)Pairs(shape) * shape.Width));
        var sums = graph.Operator("ReduceSum", [products, graph.Integers(2)], default, GraphAttribute.Integer("keepdims", 0));
        return graph.Linear(graph.Operator("Concat", [inputs, sums], default, axis), weights.Linear("output"));
    }

    private static (long[] Left, long[] Right) PairIndices(int inputs)
    {
        var pairs = (from i in Enumerable.Range(0, inputs) from j in Enumerable.Range(i + 1, inputs - i - 1) select (i, j)).ToArray();
        return ([.. pairs.Select(pair => (long)pair.i)], [.. pairs.Select(pair => (long)pair.j)]);
    }

    private static int Pairs(BlockShape shape) => shape.Inputs * (shape.Inputs - 1) / 2;

    private sealed class Block(int tokens, LinearLayer output) : IBlock
    {
        public void Forward(Tape tape, Tensor inputs, Tensor result)
        {
            var features = tape.NewTensor(inputs.Rows, output.Weight.Columns);
            tape.Copy(inputs, features.SliceColumns(0, inputs.Columns));
            tape.PairwiseProducts(inputs, tokens, features.SliceColumns(inputs.Columns, features.Columns - inputs.Columns));
            tape.Linear(features, output, result);
        }
    }
}
