namespace AutoTower.Search.Comparison;

/// <summary>Runs that differ only by seed.</summary>
/// <param name="Name">What tells the group from the others: the options that differ among groups, or its number.</param>
/// <param name="Runs">The runs.</param>
public sealed record RunGroup(string Name, IReadOnlyList<RunResult> Runs)
{
    /// <summary>Mean and standard deviation of a metric over the group's runs.</summary>
    public Sample Sample(string metric) => Comparison.Sample.Of([.. Runs.Where(run => run.Metrics.ContainsKey(metric)).Select(run => run.Metrics[metric])]);
}

/// <summary>Runs grouped by configuration, and how the groups differ.</summary>
public sealed class RunComparison
{
    /// <summary>Groups <paramref name="runs"/>, in order of first appearance.</summary>
    public RunComparison(IReadOnlyList<RunResult> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var groups = runs.GroupBy(run => string.Join('\n', run.Options.OrderBy(option => option.Key, StringComparer.Ordinal))).ToList();
        var keys = groups.SelectMany(group => group.First().Options.Keys).Distinct().ToList();
        var differing = keys.Where(key => groups.Select(group => group.First().Options.GetValueOrDefault(key)).Distinct().Count() > 1).ToList();
        Groups = [.. groups.Select(group => new RunGroup(Describe(group.First(), differing), [.. group]))];
        Metrics = [.. runs.SelectMany(run => run.Metrics.Keys).Distinct()];
        Pairs = [.. from second in Enumerable.Range(0, Groups.Count) from first in Enumerable.Range(0, second) select (first, second)];
    }

    /// <summary>The groups.</summary>
    public IReadOnlyList<RunGroup> Groups { get; }

    /// <summary>Names of the metrics that any run has.</summary>
    public IReadOnlyList<string> Metrics { get; }

    /// <summary>All pairs of groups, as indices; the first comes first.</summary>
    public IReadOnlyList<(int First, int Second)> Pairs { get; }

    /// <summary>Tests second minus first over the seeds that both groups have.</summary>
    public PairedTest Test(string metric, int first, int second)
    {
        var firsts = Groups[first].Runs.Where(run => run.Metrics.ContainsKey(metric)).DistinctBy(run => run.Seed);
        var seconds = Groups[second].Runs.Where(run => run.Metrics.ContainsKey(metric)).DistinctBy(run => run.Seed);
        return PairedTest.Of([.. firsts.Join(
            seconds, run => run.Seed, run => run.Seed, (one, other) => (one.Metrics[metric], other.Metrics[metric]))]);
    }

    private static string Describe(RunResult run, List<string> differing) => differing.Count == 0
        ? "all runs"
        : string.Join(", ", differing.Select(key => $"{key} {run.Options.GetValueOrDefault(key, "none")}"));
}
