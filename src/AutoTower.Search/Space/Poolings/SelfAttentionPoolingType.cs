using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;

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
    }
}
