using AutoTower.Autograd;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Space;

namespace AutoTower.Search.Supernet;

/// <summary>One block type at one position of a tower: its operation, then batch norm (not in the last block), then ReLU.</summary>
internal sealed class ChoiceBlock
{
    private readonly IBlock _block;
    private readonly BatchNormLayer? _norm;

    public ChoiceBlock(ParameterStore store, string tower, int position, BlockType type, BlockShape shape, bool isLast)
    {
        Group = store.AddGroup($"{tower}.blocks.{position}.{type.Name}");
        _block = type.Build(Group, shape);
        _norm = isLast ? null : Group.AddBatchNorm("norm", shape.OutputWidth);
        Fused = _block.Fused is { } fused ? fused with { Norm = _norm } : null;
    }

    public ParameterGroup Group { get; }

    /// <summary>The block for kernels of whole towers; null where its type does not take part.</summary>
    public TowerBlock? Fused { get; }

    /// <summary>output (B, out) = relu(norm(block(inputs))), inputs (B, n*D).</summary>
    public void Forward(Tape tape, Tensor inputs, Tensor output)
    {
        var beforeNorm = tape.NewTensor(inputs.Rows, output.Columns);
        _block.Forward(tape, inputs, beforeNorm);
        if (_norm is null)
        {
            tape.Activate(Activation.Relu, beforeNorm, output);
        }
        else
        {
            tape.BatchNormRelu(beforeNorm, _norm, output);
        }
    }
}
