using AutoTower.Autograd;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;

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
