using System.Diagnostics;
using System.Text.Json;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Reports;

namespace AutoTower.Bench;

/// <summary>Results as JSON: what was measured, machine, commit, and what the measurement adds.</summary>
internal static class ResultFile
{
    /// <summary>Per engine the distribution of all measured step times, and the medians of the rounds.</summary>
    public static void Write(string path, Summary summary) =>
        Write(path, summary.Reports[0].BenchmarkCase.Descriptor.Type.Name, "milliseconds a step", json =>
        {
            json.WriteStartArray("engines");
            foreach (var engine in summary.Reports.GroupBy(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name))
            {
                double[] times = [.. engine.SelectMany(report => report.GetResultRuns()).Select(run => run.Nanoseconds / run.Operations / 1e6).Order()];
                json.WriteStartObject();
                json.WriteString("name", engine.Key);
                json.WriteNumber("measurements", times.Length);
                foreach (var (name, share) in new[] { ("minimum", 0.0), ("p20", 0.2), ("median", 0.5), ("p80", 0.8) })
                {
                    json.WriteNumber(name, Math.Round(times[(int)(share * (times.Length - 1))], 3));
                }

                json.WriteStartArray("round_medians");
                foreach (var report in engine)
                {
                    json.WriteNumberValue(Math.Round(report.ResultStatistics!.Median / 1e6, 3));
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });

    /// <summary>Writes a result whose own part <paramref name="content"/> adds.</summary>
    public static void Write(string path, string benchmark, string unit, Action<Utf8JsonWriter> content)
    {
        var host = HostEnvironmentInfo.GetCurrent();
        using var stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("benchmark", benchmark);
        json.WriteString("commit", Git("rev-parse --short HEAD") + (Git("status --porcelain -uno").Length > 0 ? " (changed)" : string.Empty));
        json.WriteString("date", DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm"));
        json.WriteString("processor", host.Cpu.Value?.ProcessorName ?? "unknown");
        json.WriteNumber("processors", Environment.ProcessorCount);
        json.WriteString("runtime", host.RuntimeVersion);
        json.WriteString("unit", unit);
        content(json);
        json.WriteEndObject();
    }

    private static string Git(string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return output;
    }
}
