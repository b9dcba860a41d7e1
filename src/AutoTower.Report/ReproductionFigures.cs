using AutoTower.Report.Charts;
using AutoTower.Search.Reproduction;

namespace AutoTower.Report;

/// <summary>The figures of a reproduced table: the paper's numbers beside ours.</summary>
public static class ReproductionFigures
{
    private const double Width = 720;

    /// <summary>For a table, a figure a data set and metric; for a figure of the paper, its curves a data set.</summary>
    public static IReadOnlyList<Figure> Of(ReproducedTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return [.. table.Rows.Where(row => row.Runs.Count > 0).GroupBy(row => row.Data).SelectMany(rows => Of(table, rows.Key, [.. rows]))];
    }

    private static IEnumerable<Figure> Of(ReproducedTable table, string data, ReproducedRow[] rows)
    {
        foreach (var (metric, title) in new[] { ("recall@50", "Recall@50"), ("ndcg@50", "NDCG@50") })
        {
            yield return new Figure(
                $"{table.Name}-{data}-{metric.Replace('@', '-')}",
                $"{title} on {data}",
                "Mean over seeds with one standard deviation, protocol paper.",
                Width,
                (canvas, width) => rows.All(row => row.X is not null)
                    ? ReproductionCharts.Curve(
                        rows, table.Axis, $"{title}, %", row => Scaled(row.Of($"paper {metric}"), 100), canvas, width)
                    : ReproductionCharts.Intervals(
                        rows, $"{title}, %", row => Scaled(row.Of($"paper {metric}"), 100), row => metric == "recall@50" ? row.Printed?.Recall : row.Printed?.Ndcg, canvas, width));
        }

        if (rows.All(row => row.X is not null))
        {
            yield return new Figure(
                $"{table.Name}-{data}-flops",
                $"FLOPs on {data}",
                "Mean over seeds with one standard deviation.",
                Width,
                (canvas, width) => ReproductionCharts.Curve(rows, table.Axis, "million FLOPs", row => Scaled(row.Flops, 1e-6), canvas, width));
        }
    }

    private static (double Mean, double Deviation) Scaled(Search.Comparison.Sample sample, double factor) =>
        (factor * sample.Mean, double.IsNaN(sample.StandardDeviation) ? 0 : factor * sample.StandardDeviation);
}
