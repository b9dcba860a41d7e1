using AutoTower.Autograd;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Search.Space.Blocks;

/// <summary>
/// SA-H: the n inputs are tokens; H heads of softmax(qk'/sqrt(A)) v plus a residual linear(D, H*A); flattened, linear(n*H*A, out)
/// (paper, Table 1; SPEC.md).
/// </summary>
/// <param name="heads">H.</param>
public sealed class SelfAttentionBlockType(int heads) : BlockType
{
    /// <inheritdoc/>
    public override string Name => $"sa-{heads}";

    /// <inheritdoc/>
    public override Complexity Cost(BlockShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        long n = shape.Inputs;
        long width = shape.Width;
        long q = heads * shape.HeadWidth;
        return new Complexity(4 * (width + 1) * q, (4 * n * width * q) + (2 * n * n * q)) + LinearCost(n * q, shape.OutputWidth);
    }

    /// <inheritdoc/>
    public override IBlock Build(ParameterGroup group, BlockShape shape)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(shape);
        var q = heads * shape.HeadWidth;
        return new Block(
            heads,
            shape.Inputs,
            q,
            group.AddFusedLinear(["query", "key", "value", "residual"], shape.Width, q),
            group.AddLinear("output", shape.Inputs * q, shape.OutputWidth));
    }

    private sealed class Block(int heads, int tokens, int width, LinearLayer projections, LinearLayer output) : IBlock
    {
        public TowerBlock Fused { get; } = new(TowerBlockKind.SelfAttention, heads, projections, output);

        public void Forward(Tape tape, Tensor inputs, Tensor result)
        {
            var projected = tape.NewTensor(inputs.Rows, tokens * 4 * width);
            tape.Linear(inputs, projections, projected, tokens);
            var attended = tape.NewTensor(inputs.Rows, tokens * width);
            tape.TokenAttention(projected, tokens, heads, attended);
            tape.Linear(attended, output, result);
        }
    }
}
