using AutoTower.Search.Cost;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Pipeline;

namespace AutoTower.Cli.Output;

/// <summary>Results for people.</summary>
internal static class ReportText
{
    /// <summary>Metrics in percent of the popularity order and of models, one table a protocol.</summary>
    public static void WriteMetrics(
        TextWriter output,
        IReadOnlyDictionary<EvaluationProtocol, RankingMetrics> popularity,
        IReadOnlyList<RankedModel> ranked)
    {
        foreach (var protocol in popularity.Keys)
        {
            var table = Tables.Create(
                $"test set, protocol {protocol.ToString().ToLowerInvariant()}, {popularity[protocol].Users:N0} users, in %",
                "model", "R@1", "R@5", "R@10", "R@50", "R@100", "N@10", "N@50", "N@100", "MRR@10");
            Row(table, "most popular", popularity[protocol]);
            for (var i = 0; i < ranked.Count; i++)
            {
                var name = ranked[i] is not TrainedArchitecture ? ranked[i].Name : ranked.Count == 1 ? "trained" : $"retrained {i + 1}";
                Row(table, name, ranked[i].Test[protocol]);
            }

            Tables.Write(output, table);
        }
    }

    /// <summary>Architectures trained from scratch, with cost and validation loss.</summary>
    public static void WriteTrained(TextWriter output, string title, IReadOnlyList<TrainedArchitecture> all)
    {
        var table = Tables.Create(title, "architecture", "parameters", "FLOPs", "fitness", "validation loss", "epochs");
        foreach (var trained in all)
        {
            table.Row(
                trained.Architecture.ToString(),
                $"{trained.Cost.Total.Parameters:N0}",
                $"{trained.Cost.Total.Flops:N0}",
                $"{trained.Fitness:F4}",
                $"{trained.Retraining.BestValidationLoss:F4}",
                $"{trained.Retraining.BestEpoch}");
        }

        Tables.Write(output, table);
    }

    /// <summary>The front of a multi-objective search.</summary>
    public static void WriteFront(TextWriter output, IReadOnlyList<FrontMember> front)
    {
        var table = Tables.Create($"front of {front.Count} candidates, fittest first", "architecture", "fitness", "parameters", "FLOPs", "latency, ms");
        foreach (var member in front)
        {
            table.Row(
                member.Architecture.ToString(),
                $"{member.Fitness:F4}",
                $"{member.Cost.Total.Parameters:N0}",
                $"{member.Cost.Total.Flops:N0}",
                member.LatencyMilliseconds is { } latency ? $"{latency:F3}" : "-");
        }

        Tables.Write(output, table);
    }

    public static void WriteCost(TextWriter output, string title, ModelCost cost, PrintedCost? printed)
    {
        var table = Tables.Create(title, "part", "parameters", "MACs", "FLOPs (MACs / 2)");
        AddTower(table, "user", cost.User);
        AddTower(table, "item", cost.Item);
        Add(table, "total", cost.Total);
        Tables.Write(output, table);
        if (printed is not null)
        {
            output.WriteLine($"Table 4 of the paper prints {printed.Parameters:F2} M parameters and {printed.Flops:F2} M FLOPs.");
        }
    }

    private static void AddTower(Spectre.Console.Table table, string name, TowerCost tower)
    {
        foreach (var part in tower.Parts)
        {
            Add(table, $"{name}.{part.Name}", part.Complexity);
        }

        Add(table, $"{name} tower", tower.Total);
    }

    private static void Add(Spectre.Console.Table table, string name, Search.Space.Complexity complexity) =>
        table.Row(name, $"{complexity.Parameters:N0}", $"{complexity.MultiplyAccumulates:N0}", $"{complexity.Flops:N0}");

    private static void Row(Spectre.Console.Table table, string name, RankingMetrics metrics) => table.Row(
        name,
        Percent(metrics.RecallAt(1)),
        Percent(metrics.RecallAt(5)),
        Percent(metrics.RecallAt(10)),
        Percent(metrics.RecallAt(50)),
        Percent(metrics.RecallAt(100)),
        Percent(metrics.NdcgAt(10)),
        Percent(metrics.NdcgAt(50)),
        Percent(metrics.NdcgAt(100)),
        Percent(metrics.MrrAt(10)));

    private static string Percent(double value) => $"{100 * value:F2}";
}
