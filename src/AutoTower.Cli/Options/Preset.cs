using System.CommandLine;
using AutoTower.Search.Training;

namespace AutoTower.Cli.Options;

/// <summary>The presets by name.</summary>
internal enum PresetName
{
    /// <summary>The paper's settings.</summary>
    Paper,

    /// <summary>Settings that finish in about two minutes on two cores.</summary>
    Quick,
}

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

    /// <summary>The option that names a preset, instead of that of the data set.</summary>
    public const string OptionName = "--preset";

    /// <summary>The preset that was named; without a name, that of the data set.</summary>
    public static Preset For(ParseResult parsed) =>
        (parsed.GetValue<PresetName?>(OptionName) ?? OfData(parsed)) == PresetName.Quick ? Quick : Paper;

    // A command without --data, such as bench growth, takes the paper's.
    private static PresetName OfData(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.Any(option => option.Name == DataOptions.DataName)
        && parsed.GetValue<string>(DataOptions.DataName) == "synthetic" ? PresetName.Quick : PresetName.Paper;
}
