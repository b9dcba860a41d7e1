using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Search.Space.Poolings;

/// <summary>Sum, or average, of the valid rows (paper, section 3.2.2).</summary>
/// <param name="average">Whether to divide by the history's length.</param>
public sealed class SumPoolingType(bool average) : PoolingType
{
    /// <inheritdoc/>
    public override string Name => average ? "average" : "sum";

    /// <inheritdoc/>
    public override Complexity Cost(int length, int width) => new(0, (long)length * width);

    /// <inheritdoc/>
    public override IPooling Build(ParameterGroup group, int length, int width) => new Pooling(average);

    private sealed class Pooling(bool average) : IPooling
    {
        public void Forward(Tape tape, Tensor history, IntegerArray lengths, Tensor output) =>
            tape.SumPool(history, lengths, average, output);
    }
}
