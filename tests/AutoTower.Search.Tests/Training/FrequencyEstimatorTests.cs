using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Training;

public sealed class FrequencyEstimatorTests
{
    private const double Rate = 0.01f;

    [Fact]
    public void Intervals_follow_the_sequential_definition()
    {
        const int items = 23, batch = 7;
        using var device = new CpuDevice(1);
        using var estimator = new FrequencyEstimator(device, items, batch, (float)Rate);
        var (interval, last) = (Enumerable.Repeat((double)(items / batch), items + 1).ToArray(), new int[items + 1]);
        var random = new System.Random(2);
        for (var step = 1; step <= 60; step++)
        {
            // A few items are frequent, so most batches have duplicates.
            int[] ids = [.. Enumerable.Range(0, batch).Select(_ => 1 + (random.Next(items) * random.Next(items) / items))];
            var actual = Run(device, ids, step, (items, clock, result) => estimator.Update(items, clock, result));
            for (var i = 0; i < batch; i++)
            {
                interval[ids[i]] = ((1 - Rate) * interval[ids[i]]) + (Rate * (step - last[ids[i]]));
                last[ids[i]] = step;
                Assert.Equal(-Math.Log(interval[ids[i]]), actual[i], 2e-6);
            }
        }
    }

    [Fact]
    public void Occurrences_of_one_batch_have_a_closed_form()
    {
        using var device = new CpuDevice(1);
        using var estimator = new FrequencyEstimator(device, items: 90, batchSize: 20, (float)Rate);
        var actual = Run(device, [5, 8, 5, 5, 8], step: 9, (items, clock, result) => estimator.Update(items, clock, result));
        // SPEC.md: the k-th further occurrence has (1-a)^k ((1-a) Bint + a (t - A)), with Bint = 90 / 20 = 4 and A = 0.
        var first = ((1 - Rate) * 4) + (Rate * 9);
        double[] expected = [.. new[] { 0, 0, 1, 2, 1 }.Select(k => -Math.Log(Math.Pow(1 - Rate, k) * first))];
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void Looking_up_learns_nothing()
    {
        using var device = new CpuDevice(1);
        using var estimator = new FrequencyEstimator(device, items: 30, batchSize: 3, (float)Rate);
        using var scratch = new DeviceBuffer<int>(device, estimator.LastSeen.Length, "scratch");
        Run(device, [4, 4, 9], step: 3, (items, clock, result) => estimator.Update(items, clock, result));
        var (intervals, last) = (estimator.Intervals.DownloadToHost(), estimator.LastSeen.DownloadToHost());
        var found = Run(device, [4, 1, 4, 9], step: 8, (items, clock, result) => estimator.LookUp(items, clock, scratch, result));
        Assert.Equal(intervals, estimator.Intervals.DownloadToHost());
        Assert.Equal(last, estimator.LastSeen.DownloadToHost());
        Assert.All(found.Zip([4, 1, 4, 9]), pair => Assert.Equal(-Math.Log(intervals[pair.Second]), pair.First, 1e-6));
    }

    [Fact]
    public void An_item_that_was_never_seen_is_not_corrected_where_items_are_fewer_than_a_batch()
    {
        using var device = new CpuDevice(1);
        using var estimator = new FrequencyEstimator(device, items: 5, batchSize: 20, (float)Rate);
        using var scratch = new DeviceBuffer<int>(device, estimator.LastSeen.Length, "scratch");
        Run(device, [4], step: 1, (items, clock, result) => estimator.Update(items, clock, result));
        Assert.Equal([0, (float)-Math.Log(Rate)], Run(device, [2, 4], step: 1, (items, clock, result) => estimator.LookUp(items, clock, scratch, result)));
    }

    private static float[] Run(CpuDevice device, int[] ids, int step, Action<IntegerArray, IntegerArray, Matrix> body)
    {
        using var items = new DeviceBuffer<int>(device, ids, "items");
        using var clock = new DeviceBuffer<int>(device, [step], "clock");
        using var result = new DeviceBuffer<float>(device, ids.Length, "log p");
        body(new IntegerArray(items.Address, ids.Length), new IntegerArray(clock.Address, 1), new Matrix(result.Address, 1, ids.Length));
        return result.DownloadToHost();
    }
}
