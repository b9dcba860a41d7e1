using System.Text.Json;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Comparison;

namespace AutoTower.Cli.Output;

/// <summary>A comparison of runs as text, Markdown and JSON; metrics in percent except in JSON.</summary>
internal static class ComparisonOutput
{
    public static void WriteText(TextWriter output, RunComparison comparison)
    {
        var groups = Tables.Create("groups", "group", "configuration", "runs", "seeds");
        foreach (var row in GroupRows(comparison))
        {
            groups.Row(row);
        }

        Tables.Write(output, groups);
        var metrics = Tables.Create("test set, in %: mean ± standard deviation over seeds; difference and p of a paired t-test", Header(comparison));
        foreach (var row in MetricRows(comparison))
        {
            metrics.Row(row);
        }

        Tables.Write(output, metrics);
    }

    public static void WriteMarkdown(TextWriter output, RunComparison comparison)
    {
        WriteMarkdownTable(output, ["group", "configuration", "runs", "seeds"], GroupRows(comparison));
        output.WriteLine();
        output.WriteLine("Test set, in %: mean ± standard deviation over seeds; difference and p of a paired t-test.");
        output.WriteLine();
        WriteMarkdownTable(output, Header(comparison), MetricRows(comparison));
    }

    public static void WriteJson(Utf8JsonWriter json, RunComparison comparison)
    {
        json.WriteStartObject();
        json.WriteStartArray("groups");
        for (var i = 0; i < comparison.Groups.Count; i++)
        {
            var group = comparison.Groups[i];
            json.WriteStartObject();
            json.WriteString("group", Letter(i));
            json.WriteString("configuration", group.Name);
            json.WriteStartArray("runs");
            foreach (var run in group.Runs)
            {
                json.WriteStartObject();
                json.WriteString("path", run.Path);
                json.WriteString("seed", run.Seed);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("metrics");
            foreach (var metric in comparison.Metrics)
            {
                var sample = group.Sample(metric);
                json.WriteStartObject(metric);
                json.WriteNumber("count", sample.Count);
                json.WriteStatistics(sample);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("tests");
        foreach (var (first, second) in comparison.Pairs)
        {
            json.WriteStartObject();
            json.WriteString("first", Letter(first));
            json.WriteString("second", Letter(second));
            json.WriteStartObject("metrics");
            foreach (var metric in comparison.Metrics)
            {
                var test = comparison.Test(metric, first, second);
                json.WriteStartObject(metric);
                json.WriteTest(test);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static IEnumerable<string[]> GroupRows(RunComparison comparison) => comparison.Groups.Select((group, i) => new[]
    {
        Letter(i), group.Name, $"{group.Runs.Count}", string.Join(", ", group.Runs.Select(run => run.Seed)),
    });

    private static string[] Header(RunComparison comparison) =>
    [
        "metric",
        .. comparison.Groups.Select((_, i) => Letter(i)),
        .. comparison.Pairs.Select(pair => $"{Letter(pair.Second)} - {Letter(pair.First)}"),
    ];

    private static IEnumerable<string[]> MetricRows(RunComparison comparison) => comparison.Metrics.Select(metric => (string[])
    [
        metric,
        .. comparison.Groups.Select(group => Text(group.Sample(metric))),
        .. comparison.Pairs.Select(pair => Text(comparison.Test(metric, pair.First, pair.Second))),
    ]);

    private static string Text(Sample sample) => sample.Count switch
    {
        0 => "-",
        1 => $"{100 * sample.Mean:F2}",
        _ => $"{100 * sample.Mean:F2} ± {100 * sample.StandardDeviation:F2}",
    };

    private static string Text(PairedTest test) => test.Pairs switch
    {
        0 => "no common seed",
        1 => $"{100 * test.MeanDifference:+0.00;-0.00;0.00}",
        _ => $"{100 * test.MeanDifference:+0.00;-0.00;0.00} (p {(double.IsNaN(test.P) ? "-" : $"{test.P:F4}")})",
    };

    private static string Letter(int group) => group < 26 ? $"{(char)('A' + group)}" : $"{group + 1}";

    private static void WriteMarkdownTable(TextWriter output, string[] header, IEnumerable<string[]> rows)
    {
        output.WriteLine($"| {string.Join(" | ", header)} |");
        output.WriteLine($"|{string.Concat(Enumerable.Repeat(" --- |", header.Length))}");
        foreach (var row in rows)
        {
            output.WriteLine($"| {string.Join(" | ", row.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |");
        }
    }
}
