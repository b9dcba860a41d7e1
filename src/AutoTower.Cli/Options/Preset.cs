using AutoTower.Search.Training;

namespace AutoTower.Cli.Options;

/// <summary>
/// What options that were not given take: the paper's settings on real data; on the embedded synthetic data, settings that finish in about
/// two minutes on two cores.
/// </summary>
internal sealed record Preset(
    int Steps,
    int BatchSize,
    int Iterations,
    int Population,
    int NaspWeightSteps,
    int StatisticsBatches,
    int LossBatches,
    StatisticsMerging Merging,
    int Epochs,
    int Patience)
{
    private static readonly Preset Paper = new(50_000, 1024, 50, 50, 1, 200, 40, StatisticsMerging.Momentum, 100, 5);
    private static readonly Preset Quick = new(4_000, 256, 10, 30, 5, 20, 12, StatisticsMerging.Cumulative, 30, 3);

    public static Preset For(string data) => data == "synthetic" ? Quick : Paper;
}
