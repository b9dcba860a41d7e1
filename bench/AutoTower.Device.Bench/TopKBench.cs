using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cuda;
using AutoTower.Kernels.Streams;

namespace AutoTower.Device.Bench;

/// <summary>Exact top-K on a GPU: device time by events, with the L2 cache flushed before each search.</summary>
internal static class TopKBench
{
    private const int WarmUps = 3;
    private const long FlushBytes = 512 << 20;
    private const long CopyBytes = 1L << 31;

    public static int Run(TopKBenchOptions options)
    {
        using var device = new CudaDevice(new CudaDeviceOptions { KernelsDirectory = options.KernelsDirectory, ScreenRanking = true });
        var context = device.Engine.Context;
        var bandwidth = CopyBandwidth(device, options.Repeats);
        Console.WriteLine($"{context.Name}, CUDA {context.DriverVersion}, copy {bandwidth / 1e12:F2} TB/s (read + written), commit {options.Commit}");
        var rows = new List<TopKRow>();
        foreach (var shape in options.Shapes)
        {
            using var task = new TopKTask(device, shape);
            task.Search();
            device.Synchronize();
            var problem = options.Check ? task.Check() : null;
            rows.Add(new TopKRow(shape, Time(device, task.Search, options.Repeats), task.Bytes, task.Operations, options.Check, problem));
            TopKReport.Print(rows[^1], rows.Count == 1);
        }

        TopKReport.Write(options, context.Name, $"CUDA {context.DriverVersion}", bandwidth, rows);
        return rows.Exists(row => row.Problem is not null) ? 1 : 0;
    }

    private static double[] Time(CudaDevice device, Action work, int repeats)
    {
        using var flush = new DeviceBuffer<byte>(device, FlushBytes, "L2 flush");
        using var start = new CudaEvent(device.Engine.Context);
        using var end = new CudaEvent(device.Engine.Context);
        var times = new double[repeats];
        for (var i = -WarmUps; i < repeats; i++)
        {
            // The flush also gives the host time to queue the launches, so that gaps between them are the device's own.
            device.Zero(flush.Address, FlushBytes);
            start.Record(device.Engine.Stream);
            work();
            end.Record(device.Engine.Stream);
            end.Synchronize();
            if (i >= 0)
            {
                times[i] = end.MillisecondsSince(start);
            }
        }

        Array.Sort(times);
        return times;
    }

    private static double CopyBandwidth(CudaDevice device, int repeats)
    {
        using var from = new DeviceBuffer<byte>(device, CopyBytes, "copy source");
        using var to = new DeviceBuffer<byte>(device, CopyBytes, "copy destination");
        var times = Time(device, () => device.Copy(from.Address, to.Address, CopyBytes), repeats);
        return 2.0 * CopyBytes / (times[times.Length / 2] * 1e-3);
    }
}
