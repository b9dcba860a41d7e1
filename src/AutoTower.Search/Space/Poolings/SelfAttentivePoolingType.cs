using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Export;

namespace AutoTower.Search.Space.Poolings;

/// <summary>
/// Self-attentive pooling (paper, section 3.2.2): x + position, tanh(linear d->d), linear d->1, masked softmax, weighted sum of x
/// without position; no biases (SPEC.md).
/// </summary>
public sealed class SelfAttentivePoolingType : PoolingType
{
    /// <inheritdoc/>
    public override string Name => "self-attentive";

    /// <inheritdoc/>
    public override Complexity Cost(int length, int width)
    {
        long rows = length;
        long d = width;
        return new Complexity((rows * d) + (d * d) + d, (rows * d * d) + (3 * rows * d));
    }

    /// <inheritdoc/>
    public override IPooling Build(ParameterGroup group, int length, int width)
    {
        ArgumentNullException.ThrowIfNull(group);
        return new Pooling(
            group.AddMatrix("position", length, width, new Initialiser.StandardNormal()),
            group.AddLinear("hidden", width, width, bias: false),
            group.AddLinear("score", width, 1, bias: false));
    }

    /// <inheritdoc/>
    public override GraphValue Export(GraphBuilder graph, ExportWeights weights, HistoryValue history)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(history);
        var activations = graph.Operator("Tanh", [graph.Linear(history.WithPosition(graph, weights), weights.Linear("hidden"), history.Length)]);
        var scores = graph.Reshape(graph.Linear(activations, weights.Linear("score"), history.Length), -1, history.Length);
        var attention = graph.Operator(
            "Mul", [graph.MaskedSoftmax(scores, history.Mask), history.Valid]); // zero also where the whole history is empty
        return graph.WeightedSum(attention, history.Rows, history.Length, history.Width);
    }

    private sealed class Pooling(Parameter position, LinearLayer hidden, LinearLayer score) : IPooling
    {
        public void Forward(Tape tape, Tensor history, IntegerArray lengths, Tensor output)
        {
            var positioned = tape.NewTensor(history.Rows, history.Columns);
            tape.AddPosition(history, position.Tensor, positioned);
            var activations = tape.NewTensor(history.Rows, history.Columns);
            tape.Linear(positioned, hidden, activations);
            tape.SelfAttentivePool(activations, score.Weight.Tensor, history, lengths, output);
        }

        public HistoryPooling Fused { get; } = new(HistoryPoolingKind.SelfAttentive, position, hidden, score);
    }
}
