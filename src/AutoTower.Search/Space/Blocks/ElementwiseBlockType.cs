using AutoTower.Autograd;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;

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
        long reducing = reduction switch
        {
            Reduction.Average => shape.Width,
            Reduction.Product => shape.ConcatenatedWidth,
            _ => 0,
        };
        return LinearCost(shape.Width, shape.OutputWidth) + new Complexity(0, reducing);
    }

    /// <inheritdoc/>
    public override IBlock Build(ParameterGroup group, BlockShape shape)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(shape);
        return new Block(reduction, shape, group.AddLinear("output", shape.Width, shape.OutputWidth));
    }

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
