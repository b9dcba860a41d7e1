using System.Diagnostics;
using AutoTower.Autograd.Devices.Cpu;

namespace AutoTower.Device.Bench;

/// <summary>
/// Exact top-K on the CPU device: wall-clock time, and processor time of all threads, which means something on a machine that others use too.
/// </summary>
internal static class CpuTopKBench
{
    public static int Run(TopKBenchOptions options)
    {
        using var device = new CpuDevice();
        Console.WriteLine($"{device.Name}, commit {options.Commit}");
        var rows = new List<TopKRow>();
        foreach (var shape in options.Shapes)
        {
            using var task = new TopKTask(device, shape);
            task.Search();
            var problem = options.Check ? task.Check() : null;
            var times = new double[options.Repeats];
            var processorTimes = new double[options.Repeats];
            for (var i = 0; i < times.Length; i++)
            {
                var processor = Environment.CpuUsage.TotalTime;
                var start = Stopwatch.GetTimestamp();
                task.Search();
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                processorTimes[i] = (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds;
            }

            Array.Sort(times);
            Array.Sort(processorTimes);
            rows.Add(new TopKRow(shape, times, task.Bytes, task.Operations, options.Check, problem) { ProcessorTimes = processorTimes });
            TopKReport.Print(rows[^1], rows.Count == 1);
        }

        TopKReport.Write(options, device.Name, "none", null, rows);
        return rows.Exists(row => row.Problem is not null) ? 1 : 0;
    }
}
