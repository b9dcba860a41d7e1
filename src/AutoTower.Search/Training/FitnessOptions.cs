using AutoTower.Search.Training.Measures;

namespace AutoTower.Search.Training;

/// <summary>How batch statistics of a candidate are merged.</summary>
public enum StatisticsMerging
{
    /// <summary>Running statistics with momentum 0.1 over the batches, as in the preset <c>paper</c>.</summary>
    Momentum,

    /// <summary>Every batch counts the same; converges with far fewer batches.</summary>
    Cumulative,
}

/// <summary>How a candidate is judged with the supernet's weights; the defaults are the preset <c>paper</c> (SPEC.md).</summary>
public sealed record FitnessOptions
{
    /// <summary>What is measured.</summary>
    public FitnessMeasure Measure { get; init; } = FitnessMeasure.Loss;

    /// <summary>Training batches over which batch norm statistics are recomputed for the candidate.</summary>
    public int StatisticsBatches { get; init; } = 200;

    /// <summary>Validation batches over which the loss is averaged.</summary>
    public int LossBatches { get; init; } = 40;

    /// <summary>Examples a batch.</summary>
    public int BatchSize { get; init; } = 1024;

    /// <summary>How statistics of the batches are merged.</summary>
    public StatisticsMerging Merging { get; init; } = StatisticsMerging.Momentum;
}
