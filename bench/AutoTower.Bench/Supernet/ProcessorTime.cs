using System.Diagnostics;
using AutoTower.Bench.Torch;
using AutoTower.Search.Space;

namespace AutoTower.Bench.Supernet;

/// <summary>
/// Processor time of a step in both engines on one thread, path by path and in turns. Other work on a machine distorts it far less than
/// wall-clock time, so it tells where an engine loses; what counts is the benchmark on an idle machine.
/// </summary>
internal static class ProcessorTime
{
    /// <summary>Prints a line a path, and writes them to <paramref name="file"/> where one is given.</summary>
    public static void Compare(int rounds, string? file)
    {
        var dataset = BenchmarkWorld.CreateData();
        using var autoTower = new AutoTowerSupernet(dataset, threads: 1);
        using var torch = new TorchSupernet(dataset, threads: 1);
        var rows = BenchmarkWorld.SamplePaths().Select(path => Measure(path, autoTower, torch, rounds)).ToList();
        Console.WriteLine($"{rows.Average(row => row.AutoTower),7:F1} {rows.Average(row => row.TorchSharp),7:F1} ms  AutoTower and TorchSharp, mean of the medians");
        if (file is null)
        {
            return;
        }

        ResultFile.Write(file, nameof(ProcessorTime), "milliseconds of processor time a step, one thread", json =>
        {
            json.WriteNumber("rounds", rounds);
            json.WriteStartArray("paths");
            foreach (var row in rows)
            {
                json.WriteStartObject();
                json.WriteString("path", row.Path.ToString());
                json.WriteNumber("macs", row.MultiplyAccumulates);
                json.WriteNumber("AutoTower", row.AutoTower);
                json.WriteNumber("TorchSharp", row.TorchSharp);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static Row Measure(Architecture path, AutoTowerSupernet autoTower, TorchSupernet torch, int rounds)
    {
        var (own, other) = (new double[rounds], new double[rounds]);
        for (var round = -1; round < rounds; round++) // the first warms up
        {
            var (first, second) = (Milliseconds(() => autoTower.Step(path)), Milliseconds(() => torch.Step(path)));
            if (round >= 0)
            {
                (own[round], other[round]) = (first, second);
            }
        }

        var row = new Row(path, autoTower.CostOf(path).MultiplyAccumulates, Median(own), Median(other));
        Console.WriteLine($"{row.AutoTower,7:F1} {row.TorchSharp,7:F1} ms  {row.MultiplyAccumulates,9:N0} MACs  {path}");
        return row;
    }

    private static double Milliseconds(Action step)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        step();
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalMilliseconds;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private sealed record Row(Architecture Path, long MultiplyAccumulates, double AutoTower, double TorchSharp);
}
