using AutoTower.Autograd;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Export;

namespace AutoTower.Search.Space.Blocks;

/// <summary>
/// SA-H: the n inputs are tokens; H heads of softmax(qk'/sqrt(A)) v plus a residual linear(D, H*A); flattened, linear(n*H*A, out)
/// (paper, Table 1; SPEC.md).
/// </summary>
/// <param name="heads">H.</param>
public sealed class SelfAttentionBlockType(int heads) : BlockType
{
    private static readonly GraphAttribute SwapMiddle = GraphAttribute.Integers("perm", 0, 2, 1, 3);

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

    /// <inheritdoc/>
    public override GraphValue Export(GraphBuilder graph, ExportWeights weights, BlockShape shape, GraphValue inputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(shape);
        var n = shape.Inputs;
        var q = heads * shape.HeadWidth;
        var attending = new Complexity(0, (long)n * n * q);
        var tokens = graph.Reshape(inputs, -1, n, shape.Width);
        var keys = graph.Operator("Transpose", [Heads("key")], default, GraphAttribute.Integers("perm", 0, 1, 3, 2)); // (B, H, A, n)
        var scores = graph.Operator("MatMul", [Heads("query"), keys], attending); // (B, H, n, n)
        var scaled = graph.Operator("Mul", [scores, graph.Scalar($"scale_{shape.HeadWidth}", 1f / MathF.Sqrt(shape.HeadWidth))]);
        var attention = graph.Operator("Softmax", [scaled], default, GraphAttribute.Integer("axis", -1));
        var attended = graph.Operator("MatMul", [attention, Heads("value")], attending); // (B, H, n, A)
        var merged = graph.Reshape(graph.Operator("Transpose", [attended], default, SwapMiddle), -1, n, q);
        var summed = graph.Operator("Add", [merged, graph.Linear(tokens, weights.Linear("residual"), n)]);
        return graph.Linear(graph.Reshape(summed, -1, n * q), weights.Linear("output"));

        // (B, n, D) -> (B, H, n, A)
        GraphValue Heads(string projection) => graph.Operator(
            "Transpose",
            [graph.Reshape(graph.Linear(tokens, weights.Linear(projection), n), -1, n, heads, shape.HeadWidth)],
            default,
            SwapMiddle);
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
