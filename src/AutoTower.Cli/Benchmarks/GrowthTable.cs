using AutoTower.Cli.Output;
using AutoTower.Search.Benchmarks.Growth;
using Spectre.Console;

namespace AutoTower.Cli.Benchmarks;

/// <summary>Results of <c>bench growth</c> for people.</summary>
internal static class GrowthTable
{
    public static Table Of(string device, IEnumerable<(string Series, int Value, GrowthResult Result)> results)
    {
        var table = Tables.Create(
            device, "series", "value", "ms a step", "steps/s", "examples/s", "device MiB", "its peak", "host peak", "data s", "set-up s", "fused");
        foreach (var (series, value, result) in results)
        {
            if (result.Failure is { } failure)
            {
                table.Row(series, $"{value:N0}", "failed", "", "", "", "", "", "", "", failure);
                continue;
            }

            table.Row(
                series,
                $"{value:N0}",
                $"{result.Steps!.MillisecondsAUnit:F4}",
                $"{result.Steps.UnitsASecond:F1}",
                $"{result.ExamplesASecond:N0}",
                BenchOutput.MiB(result.Memory!.DeviceLive),
                BenchOutput.MiB(result.Memory.DevicePeak),
                BenchOutput.MiB(result.Memory.HostPeak),
                $"{result.DataTime.TotalSeconds:F1}",
                $"{result.SetUpTime.TotalSeconds:F1}",
                result.Fused!.ToString());
        }

        return table;
    }
}
