using System.Globalization;
using System.Text.Json;

namespace AutoTower.Device.Bench;

/// <summary>The sorted times of a shape, in milliseconds, and what brute force said.</summary>
internal sealed record TopKRow(TopKShape Shape, double[] Times, long Bytes, double Operations, bool IsChecked, string? Problem)
{
    /// <summary>Sorted processor times of all threads, in milliseconds, where the host computes.</summary>
    public double[]? ProcessorTimes { get; init; }

    public double At(double share) => Times[(int)(share * (Times.Length - 1))];

    public string Verdict => Problem ?? (IsChecked ? "exact" : "not checked");
}

/// <summary>The table on the console and the JSON file.</summary>
internal static class TopKReport
{
    public static void Print(TopKRow row, bool withHeader)
    {
        if (withHeader)
        {
            Console.WriteLine($"{"shape",-14}{"users",8}{"items",11}{"width",6}{"k",6}{"median ms",12}{"p20",10}{"p80",10}{"TB/s",8}{"TFLOP/s",9}  check");
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Shape.Name,-14}{row.Shape.Users,8}{row.Shape.Items,11}{row.Shape.Width,6}{row.Shape.K,6}{row.At(0.5),12:F4}{row.At(0.2),10:F4}{row.At(0.8),10:F4}{row.Bytes / row.At(0.5) / 1e9,8:F2}{row.Operations / row.At(0.5) / 1e9,9:F1}  {row.Verdict}{(row.ProcessorTimes is { } processor ? $", processor {processor[processor.Length / 2]:F2} ms" : "")}"));
    }

    public static void Write(TopKBenchOptions options, string device, string driver, double? copyBandwidth, IReadOnlyList<TopKRow> rows)
    {
        if (options.Json is null)
        {
            return;
        }

        using var stream = File.Create(options.Json);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("benchmark", "topk");
        json.WriteString("device", device);
        json.WriteString("driver", driver);
        json.WriteString("commit", options.Commit);
        json.WriteString("command", options.CommandLine);
        json.WriteString("date", DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
        if (copyBandwidth is { } bandwidth)
        {
            json.WriteNumber("copy_bytes_per_second", Math.Round(bandwidth));
        }

        json.WriteStartArray("rows");
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteString("shape", row.Shape.Name);
            json.WriteNumber("users", row.Shape.Users);
            json.WriteNumber("items", row.Shape.Items);
            json.WriteNumber("width", row.Shape.Width);
            json.WriteNumber("k", row.Shape.K);
            json.WriteString("format", row.Shape.Format.ToString());
            json.WriteNumber("excluded_a_user", row.Shape.Excluded);
            json.WriteNumber("repeats", row.Times.Length);
            json.WriteNumber("median_ms", Math.Round(row.At(0.5), 5));
            json.WriteNumber("p20_ms", Math.Round(row.At(0.2), 5));
            json.WriteNumber("p80_ms", Math.Round(row.At(0.8), 5));
            if (row.ProcessorTimes is { } processor)
            {
                json.WriteNumber("median_processor_ms", Math.Round(processor[processor.Length / 2], 5));
            }

            json.WriteString("check", row.Verdict);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
