using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Export;

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

    /// <inheritdoc/>
    public override GraphValue Export(GraphBuilder graph, ExportWeights weights, HistoryValue history)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(history);
        var sum = graph.WeightedSum(history.Valid, history.Rows, history.Length, history.Width);
        return average ? graph.Operator("Div", [sum, graph.CountAtLeastOne(history.Valid)]) : sum;
    }

    private sealed class Pooling(bool average) : IPooling
    {
        public void Forward(Tape tape, Tensor history, IntegerArray lengths, Tensor output) =>
            tape.SumPool(history, lengths, average, output);

        public HistoryPooling Fused { get; } = new(average ? HistoryPoolingKind.Average : HistoryPoolingKind.Sum);
    }
}
