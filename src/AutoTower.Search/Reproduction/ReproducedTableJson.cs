using System.Text.Json;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Comparison;

namespace AutoTower.Search.Reproduction;

/// <summary>A reproduced table as JSON: every run's numbers, so that nothing need be read from rounded text.</summary>
public static class ReproducedTableJson
{
    /// <summary>Writes <paramref name="table"/>.</summary>
    public static void Write(Utf8JsonWriter json, ReproducedTable table)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(table);
        json.WriteStartObject();
        json.WriteString("name", table.Name);
        json.WriteString("title", table.Title);
        json.WriteStartArray("rows");
        foreach (var row in table.Rows)
        {
            Write(json, table, row);
        }

        json.WriteEndArray();
        json.WriteStartArray("left_out");
        foreach (var (what, reason) in table.LeftOut)
        {
            json.WriteStartObject();
            json.WriteString("what", what);
            json.WriteString("reason", reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ReproducedTable table, ReproducedRow row)
    {
        json.WriteStartObject();
        json.WriteString("data", row.Data);
        json.WriteString("method", row.Method);
        json.WriteString("label", row.Label);
        if (row.Printed is { } printed)
        {
            json.WriteStartObject("printed");
            json.WriteOptional("recall@50", (printed.Recall / 100) ?? double.NaN);
            json.WriteOptional("ndcg@50", (printed.Ndcg / 100) ?? double.NaN);
            json.WriteOptional("params", (printed.Parameters * 1e6) ?? double.NaN);
            json.WriteOptional("flops", (printed.Flops * 1e6) ?? double.NaN);
            json.WriteEndObject();
        }

        json.WriteStartObject("ours");
        foreach (var metric in ReproducedTableMarkdown.Metrics)
        {
            var sample = row.Of(metric);
            json.WriteStartObject(metric);
            json.WriteNumber("runs", sample.Count);
            json.WriteStatistics(sample);
            if (table.AgainstBestBaseline(row, metric) is var (baseline, test))
            {
                json.WriteString("best_baseline", baseline.Method);
                json.WriteTest(test);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartArray("runs");
        foreach (var run in row.Runs)
        {
            json.WriteStartObject();
            json.WriteNumber("seed", run.Seed);
            json.WriteString("model", run.Model);
            json.WriteOptional("params", run.Parameters ?? double.NaN);
            json.WriteOptional("flops", run.Flops ?? double.NaN);
            json.WriteOptional("seconds", run.Seconds ?? double.NaN);
            foreach (var metric in ReproducedTableMarkdown.Metrics.Where(run.Metrics.ContainsKey))
            {
                json.WriteNumber(metric, run.Metrics[metric]);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
