using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Export;

namespace AutoTower.Search.Space.Poolings;

/// <summary>
/// Self-attention pooling (paper, section 3.2.2): x + position, one head of scaled dot-product attention with dropout 0.2 on the weights,
/// linear d->d, masked mean (SPEC.md).
/// </summary>
public sealed class SelfAttentionPoolingType : PoolingType
{
    private const float DropoutRate = 0.2f;

    /// <inheritdoc/>
    public override string Name => "self-attention";

    /// <inheritdoc/>
    public override Complexity Cost(int length, int width)
    {
        long rows = length;
        long d = width;
        return new Complexity((rows * d) + (4 * ((d * d) + d)), (4 * rows * d * d) + (2 * rows * rows * d) + (rows * d));
    }

    /// <inheritdoc/>
    public override IPooling Build(ParameterGroup group, int length, int width)
    {
        ArgumentNullException.ThrowIfNull(group);
        return new Pooling(
            group.AddMatrix("position", length, width, new Initialiser.StandardNormal()),
            group.AddFusedLinear(["query", "key"], width, width),
            group.AddLinear("value", width, width),
            group.AddLinear("output", width, width));
    }

    /// <inheritdoc/>
    public override GraphValue Export(GraphBuilder graph, ExportWeights weights, HistoryValue history)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(history);
        var (length, width) = (history.Length, history.Width);
        var positioned = history.WithPosition(graph, weights);
        var keys = graph.Operator(
            "Transpose", [graph.Linear(positioned, weights.Linear("key"), length)], default, GraphAttribute.Integers("perm", 0, 2, 1));
        var scores = graph.Operator(
            "MatMul", [graph.Linear(positioned, weights.Linear("query"), length), keys], new Complexity(0, (long)length * length * width));
        var scaled = graph.Operator("Mul", [scores, graph.Scalar($"scale_{width}", 1f / MathF.Sqrt(width))]);
        var attention = graph.MaskedSoftmax(scaled, graph.Operator("Unsqueeze", [history.Mask, graph.Integers(1)])); // (B, L, L)
        // The mean over valid queries is taken first, as in training: then one vector an example passes the projections instead of L.
        var means = graph.WeightedSum(
            graph.Operator("Div", [history.Valid, graph.CountAtLeastOne(history.Valid)]), attention, length, length);
        var pooled = graph.WeightedSum(means, positioned, length, width);
        var projected = graph.Linear(graph.Linear(pooled, weights.Linear("value")), weights.Linear("output"));
        var isNotEmpty = graph.Operator("ReduceMax", [history.Valid], default, GraphAttribute.Integers("axes", 1), GraphAttribute.Integer("keepdims", 1));
        return graph.Operator("Mul", [projected, isNotEmpty]);
    }

    private sealed class Pooling(Parameter position, LinearLayer queryKey, LinearLayer value, LinearLayer output) : IPooling
    {
        public void Forward(Tape tape, Tensor history, IntegerArray lengths, Tensor result)
        {
            var positioned = tape.NewTensor(history.Rows, history.Columns);
            tape.AddPosition(history, position.Tensor, positioned);
            var projected = tape.NewTensor(history.Rows, 2 * history.Columns);
            tape.Linear(positioned, queryKey, projected);
            var pooled = tape.NewTensor(lengths.Length, history.Columns);
            var mass = tape.NewTensor(lengths.Length, 1);
            tape.SelfAttentionPool(projected, positioned, lengths, DropoutRate, pooled, mass);
            // Value projection, output projection and masked mean are linear, so the mean is taken first and one vector an example passes
            // the projections instead of L; their biases count as often as the weights they follow add up to.
            var values = tape.NewTensor(lengths.Length, history.Columns);
            tape.LinearOfWeightedSum(pooled, value.Weight.Tensor, value.Bias!.Tensor, mass, values);
            tape.LinearOfWeightedSum(values, output.Weight.Tensor, output.Bias!.Tensor, tape.NonEmpty(lengths), result);
        }

        public HistoryPooling Fused { get; } = new(HistoryPoolingKind.SelfAttention, position, queryKey, value, output, DropoutRate);
    }
}
