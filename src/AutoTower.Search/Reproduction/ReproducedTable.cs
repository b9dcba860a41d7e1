using AutoTower.Search.Comparison;

namespace AutoTower.Search.Reproduction;

/// <summary>A row: a model on a data set over seeds, beside what the paper prints.</summary>
/// <param name="Data">Data set.</param>
/// <param name="Method">Name of the method, which is its folder too.</param>
/// <param name="Label">What people call it.</param>
/// <param name="Scenario">Models of one scenario of complexity are compared; null for none.</param>
/// <param name="IsBaseline">Whether it is what others should beat.</param>
/// <param name="X">Place on the horizontal axis of a figure; null in tables.</param>
/// <param name="Printed">The paper's numbers; null where it has none.</param>
/// <param name="Runs">Our runs by seed.</param>
public sealed record ReproducedRow(
    string Data, string Method, string Label, string? Scenario, bool IsBaseline, double? X, PrintedResult? Printed, IReadOnlyList<CellResult> Runs)
{
    /// <summary>Mean and standard deviation of a metric over seeds.</summary>
    public Sample Of(string metric) => Sample.Of([.. Runs.Where(run => run.Metrics.ContainsKey(metric)).Select(run => run.Metrics[metric])]);

    /// <summary>Mean and standard deviation of parameters over seeds.</summary>
    public Sample Parameters => Sample.Of([.. Runs.Where(run => run.Parameters is not null).Select(run => run.Parameters!.Value)]);

    /// <summary>Mean and standard deviation of FLOPs over seeds.</summary>
    public Sample Flops => Sample.Of([.. Runs.Where(run => run.Flops is not null).Select(run => run.Flops!.Value)]);
}

/// <summary>A table or figure of the paper, run again.</summary>
/// <param name="Name">For example <c>table4</c>.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Rows">Data set by data set.</param>
/// <param name="LeftOut">Data sets and methods that could not be run, each with the reason.</param>
public sealed record ReproducedTable(
    string Name, string Title, IReadOnlyList<ReproducedRow> Rows, IReadOnlyList<(string What, string Reason)> LeftOut)
{
    /// <summary>Name of the horizontal axis, where rows have a place on one.</summary>
    public string Axis { get; init; } = string.Empty;

    /// <summary>The p below which the paper calls a difference significant.</summary>
    public const double SignificanceLevel = 0.005;

    /// <summary>
    /// The best baseline of the row's data set and scenario by mean of <paramref name="metric"/>, and the paired t-test of the row against it
    /// over the seeds that both have; null for baselines and where there is none.
    /// </summary>
    public (ReproducedRow Baseline, PairedTest Test)? AgainstBestBaseline(ReproducedRow row, string metric)
    {
        ArgumentNullException.ThrowIfNull(row);
        var best = row.IsBaseline || row.Scenario is null
            ? null
            : Rows.Where(other => other.IsBaseline && other.Data == row.Data && other.Scenario == row.Scenario && other.Runs.Count > 0)
                .MaxBy(other => other.Of(metric).Mean);
        return best is null
            ? null
            : (best, PairedTest.Of([.. best.Runs.Join(
                row.Runs, run => run.Seed, run => run.Seed, (one, other) => (one.Metrics[metric], other.Metrics[metric]))]));
    }
}
