using AutoTower.Search.Comparison;

namespace AutoTower.Search.Reproduction;

/// <summary>A reproduced table in Markdown: the paper's numbers beside ours, one table a data set.</summary>
public static class ReproducedTableMarkdown
{
    /// <summary>The metrics of the tables; both protocols, the paper's first.</summary>
    public static IReadOnlyList<string> Metrics { get; } = ["paper recall@50", "paper ndcg@50", "strict recall@50", "strict ndcg@50"];

    private static readonly string[] Header =
    [
        "model", "seeds", "R@50 printed", "R@50", "N@50 printed", "N@50", "R@50 strict", "N@50 strict", "M parameters printed", "M parameters",
        "M FLOPs printed", "M FLOPs",
    ];

    private static readonly string[] Comparison = ["R@50 against best baseline", "p", "N@50 against best baseline", "p"];

    /// <summary>Writes <paramref name="table"/>.</summary>
    public static void Write(TextWriter output, ReproducedTable table)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(table);
        output.WriteLine($"# {table.Title}");
        output.WriteLine();
        var compares = table.Rows.Any(row => row.IsBaseline);
        output.Write("Test set, in %: mean ± standard deviation over seeds, protocol paper where strict is not said.");
        output.WriteLine(compares
            ? " The last columns compare with the best baseline of the same scenario: mean difference and p of a paired t-test over seeds; "
                + $"* where p < {ReproducedTable.SignificanceLevel}."
            : string.Empty);
        string[] header = [.. Header, .. compares ? Comparison : []];
        foreach (var data in table.Rows.Select(row => row.Data).Distinct())
        {
            output.WriteLine();
            output.WriteLine($"## {data}");
            output.WriteLine();
            Line(output, header);
            Line(output, [.. header.Select((_, column) => column == 0 ? "---" : "---:")]);
            foreach (var row in table.Rows.Where(row => row.Data == data))
            {
                Line(
                    output,
                    [
                        .. Cells(row),
                        .. compares ? Difference(table, row, Metrics[0]) : [],
                        .. compares ? Difference(table, row, Metrics[1]) : [],
                    ]);
            }
        }

        if (table.LeftOut.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Left out:");
            foreach (var (what, reason) in table.LeftOut)
            {
                output.WriteLine($"- {what}: {reason}");
            }
        }
    }

    private static string[] Cells(ReproducedRow row) =>
    [
        row.Label,
        $"{row.Runs.Count}",
        Printed(row.Printed?.Recall),
        Percent(row.Of(Metrics[0])),
        Printed(row.Printed?.Ndcg),
        Percent(row.Of(Metrics[1])),
        Percent(row.Of(Metrics[2])),
        Percent(row.Of(Metrics[3])),
        Printed(row.Printed?.Parameters),
        Millions(row.Parameters),
        Printed(row.Printed?.Flops),
        Millions(row.Flops),
    ];

    private static string[] Difference(ReproducedTable table, ReproducedRow row, string metric)
    {
        if (table.AgainstBestBaseline(row, metric) is not var (baseline, test) || test.Pairs == 0)
        {
            return ["-", "-"];
        }

        var star = test.P < ReproducedTable.SignificanceLevel && test.MeanDifference > 0 ? "*" : string.Empty;
        return
        [
            $"{100 * test.MeanDifference:+0.00;-0.00;0.00}{star} ({baseline.Label})",
            double.IsFinite(test.P) ? $"{test.P:G2}" : "-",
        ];
    }

    private static string Printed(double? value) => value is null ? "-" : $"{value:F2}";

    private static string Percent(Sample sample) => Text(sample, 100);

    private static string Millions(Sample sample) => Text(sample, 1e-6);

    private static string Text(Sample sample, double factor) => sample.Count switch
    {
        0 => "-",
        1 => $"{factor * sample.Mean:F2}",
        _ => $"{factor * sample.Mean:F2} ± {factor * sample.StandardDeviation:F2}",
    };

    private static void Line(TextWriter output, IReadOnlyList<string> cells) => output.WriteLine($"| {string.Join(" | ", cells)} |");
}
