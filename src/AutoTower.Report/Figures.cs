using AutoTower.Report.Charts;
using AutoTower.Report.Drawing;
using AutoTower.Report.Runs;
using AutoTower.Search.Data;

namespace AutoTower.Report;

/// <summary>The figures of a run: those for which it has data.</summary>
public static class Figures
{
    private const double Chart = 720;
    private const double Tower = 360;
    private static readonly string[] ComparedMetrics = ["recall@10", "recall@50", "ndcg@10", "ndcg@50"];

    /// <summary>All figures, in the order of the report.</summary>
    /// <param name="run">The run.</param>
    /// <param name="others">Runs to compare with.</param>
    public static IReadOnlyList<Figure> Of(RunData run, IReadOnlyList<RunData> others)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(others);
        return [.. Architectures(run), .. Search(run), .. Training(run), .. Metrics(run, others)];
    }

    /// <summary>What a trained model is called in figures and tables.</summary>
    public static string ModelName(RunData run, int index)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.Trained.Count == 1 ? run.Trained[0].Architecture is null ? run.Trained[0].Name : "trained" : $"retrained {index + 1}";
    }

    /// <summary>Rows of a metrics table: popularity, the run's models, other runs.</summary>
    internal static IReadOnlyList<MetricRow> Rows(RunData run, IReadOnlyList<RunData> others, string protocol)
    {
        var rows = new List<MetricRow>();
        if (run.Popularity.TryGetValue(protocol, out var popularity))
        {
            rows.Add(new MetricRow("most popular", Palette.Grey, popularity.Values));
        }

        Add(run, index => ModelName(run, index));
        foreach (var other in others)
        {
            Add(other, index => other.Trained.Count == 1 ? other.Name : $"{other.Name}, {ModelName(other, index)}");
        }

        return rows;

        void Add(RunData from, Func<int, string> name)
        {
            for (var i = 0; i < from.Trained.Count; i++)
            {
                if (from.Trained[i].Test.TryGetValue(protocol, out var values))
                {
                    rows.Add(new MetricRow(name(i), Palette.Series(rows.Count - (run.Popularity.Count > 0 ? 1 : 0)), values.Values));
                }
            }
        }
    }

    private static IEnumerable<Figure> Architectures(RunData run)
    {
        var schema = DatasetPresets.Names.Contains(run.Configuration.GetValueOrDefault("data", string.Empty))
            ? DatasetPresets.Schema(run.Configuration["data"])
            : null;
        for (var i = 0; i < run.Trained.Count; i++)
        {
            if (run.Trained[i].Architecture is not { } architecture)
            {
                continue;
            }

            var suffix = run.Trained.Count == 1 ? string.Empty : $"-{i + 1}";
            var name = run.Trained.Count == 1 ? string.Empty : $", {ModelName(run, i)}";
            IReadOnlyList<string> userFields = schema?.UserFields ?? ["user fields"];
            IReadOnlyList<string> itemFields = schema?.ItemFields ?? ["item fields"];
            var history = schema is null ? "the history" : $"the last {schema.HistoryLength}: {string.Join(", ", schema.HistoryFields)}";
            yield return new Figure(
                $"user-tower{suffix}",
                $"User tower{name}",
                architecture.ToString(),
                Tower,
                (canvas, width) => TowerDiagram.Draw(
                    "User tower", userFields, (history, architecture.Pooling), architecture.User, canvas, width));
            yield return new Figure(
                $"item-tower{suffix}",
                $"Item tower{name}",
                architecture.ToString(),
                Tower,
                (canvas, width) => TowerDiagram.Draw("Item tower", itemFields, null, architecture.Item, canvas, width));
        }
    }

    private static IEnumerable<Figure> Search(RunData run)
    {
        if (run.Candidates.Count == 0)
        {
            yield break;
        }

        var survivors = HeatMap.Fittest(run).Count;
        yield return new Figure(
            "search-progress",
            "Progress of the search",
            $"{run.Candidates.Count:N0} candidates were judged with the supernet's weights; lower is better.",
            Chart,
            (canvas, width) => SearchCharts.Progress(run, canvas, width));
        yield return new Figure(
            "fitness-flops",
            "Fitness and FLOPs",
            "Below and left is better. The worst 5 % lie at or above the upper edge.",
            Chart,
            (canvas, width) => SearchCharts.Cost(run, canvas, width, "FLOPs (multiply-accumulates / 2)", candidate => candidate.Flops, "max-flops"));
        yield return new Figure(
            "fitness-parameters",
            "Fitness and parameters",
            "Below and left is better. The worst 5 % lie at or above the upper edge.",
            Chart,
            (canvas, width) => SearchCharts.Cost(
                run, canvas, width, "parameters, embedding tables left out", candidate => candidate.Parameters, "max-params"));
        yield return new Figure(
            "surviving-blocks",
            "Block types that survive, by position",
            $"Share, in %, of the {survivors} fittest candidates that have the type at that position. Blocks are numbered from the input.",
            Chart,
            (canvas, width) => HeatMap.Blocks(run, canvas, width));
        yield return new Figure(
            "surviving-poolings",
            "Poolings that survive",
            $"Share, in %, in the first iteration and among the {survivors} fittest candidates.",
            480,
            (canvas, width) => HeatMap.Poolings(run, canvas, width));
    }

    private static IEnumerable<Figure> Training(RunData run)
    {
        if (run.Losses.TryGetValue("supernet", out var supernet) && supernet.Count > 1)
        {
            yield return new Figure(
                "supernet-loss",
                "Training of the supernet",
                "Each step trains one sampled path, so single losses scatter.",
                Chart,
                (canvas, width) => CurveCharts.Steps(supernet, canvas, width));
        }

        var models = run.Trained.Select((model, i) => (Name: ModelName(run, i), model.Epochs, model.BestEpoch)).Where(model => model.Epochs.Count > 0).ToArray();
        if (models.Length > 0)
        {
            yield return new Figure(
                "training-curves",
                "Training from scratch",
                "Training stops when the validation loss has not improved for a while; the weights of the best epoch are kept.",
                Chart,
                (canvas, width) => CurveCharts.Epochs(models, canvas, width));
        }
    }

    private static IEnumerable<Figure> Metrics(RunData run, IReadOnlyList<RunData> others)
    {
        foreach (var protocol in run.Protocols)
        {
            var rows = Rows(run, others, protocol);
            var metrics = ComparedMetrics.Where(metric => rows.Any(row => row.Values.ContainsKey(metric))).ToArray();
            if (rows.Count > 0 && metrics.Length > 0)
            {
                yield return new Figure(
                    $"metrics-{protocol}",
                    $"Test metrics, protocol {protocol}",
                    protocol == "strict"
                        ? "Training and validation items are removed; histories end before the first test interaction."
                        : "As the paper measures: validation items are not removed, and NDCG divides by the best order of the hits.",
                    Chart,
                    (canvas, width) => MetricChart.Draw(rows, metrics, canvas, width));
            }
        }
    }
}
