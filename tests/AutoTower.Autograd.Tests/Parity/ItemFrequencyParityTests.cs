using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Tests.Parity;

/// <summary>The frequency estimate computed at once against the definition, which goes through a batch in order.</summary>
public class ItemFrequencyParityTests(GpuDevices devices) : DeviceParityTest(devices)
{
    [Theory]
    [InlineData(1, 10)]
    [InlineData(31, 4)]
    [InlineData(64, 1000)]
    [InlineData(257, 3)]
    [InlineData(1024, 50)]
    [InlineData(1000, 1)]
    public void Several_steps_with_duplicates(int batch, int items) =>
        Check(items, 0.01f, [.. Enumerable.Range(0, 5).Select(_ => RandomIntegers(batch, 1, items + 1))]);

    [Fact]
    public void Two_occurrences_at_every_pair_of_places()
    {
        const int Batch = 70;
        var batches = Enumerable.Range(0, Batch).Select(place => Integers([.. Enumerable.Range(0, Batch)
            .Select(i => i == place || i == (place * 37 + 11) % Batch ? 1 : 2 + i)]));
        Check(Batch + 2, 0.3f, [.. batches]);
    }

    [Fact]
    public void Looking_up_learns_nothing()
    {
        var interval = Random(1, 21).With([.. Enumerable.Range(0, 21).Select(item => item == 3 ? 0 : item + 0.5f)]);
        var lastSeen = Integers(new int[21]);
        var clock = Integers(3);
        var items = RandomIntegers(100, 1, 21);
        var logProbability = Poisoned(1, 100);
        var before = interval.Values(Cuda);
        Run(device => device.Loss.UpdateItemFrequencies(
            new ItemFrequencies(lastSeen.On(device), interval.On(device), 0), items.On(device), clock.On(device), logProbability.On(device)));
        Assert.Equal(before, interval.Values(Cuda));
        AssertSame(lastSeen);
        AssertClose(logProbability);
    }

    private void Check(int items, float rate, ParityIntegers[] batches)
    {
        var interval = Random(1, items + 1).With([.. Enumerable.Range(0, items + 1).Select(item => 1f + (item % 7))]);
        var lastSeen = Integers(new int[items + 1]);
        for (var step = 0; step < batches.Length; step++)
        {
            var clock = Integers(step == 0 ? 1 : step * 3); // Steps in which an item is not seen at all.
            var batch = batches[step];
            var logProbability = Poisoned(1, batch.Values(Cuda).Length);
            Run(device => device.Loss.UpdateItemFrequencies(
                new ItemFrequencies(lastSeen.On(device), interval.On(device), rate), batch.On(device), clock.On(device), logProbability.On(device)));
            // The definition rounds at every occurrence, the closed form once.
            AssertClose(logProbability);
            AssertClose(interval);
            AssertSame(lastSeen);
        }
    }
}
