using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Tests.Parity;

/// <summary>Batches are integers and copied weights: every element is the same.</summary>
public class BatchParityTests(GpuDevices devices) : DeviceParityTest(devices)
{
    private const int Users = 30;

    [Theory]
    [InlineData(1, 1000, 20)]
    [InlineData(64, 1000, 20)]
    [InlineData(7, 5, 3)]
    [InlineData(130, 131, 50)]
    [InlineData(33, 1, 1)]
    public void Shuffled_batches_over_several_epochs(int size, int poolSize, int length)
    {
        var table = Interactions(1500, length);
        var pool = RandomIntegers(poolSize, 0, 1500);
        var clock = Integers(0);
        for (var step = 0; step < 2 * Math.Max(1, poolSize / size) + 2 && step < 40; step++)
        {
            var batch = NewBatch(size, length);
            Run(device =>
            {
                device.Batches.Advance(clock.On(device));
                device.Batches.AssembleShuffled(table(device), pool.On(device), 0x123456789ABCDEFul, clock.On(device), batch.On(device));
            });
            AssertSame(clock);
            AssertSameBatch(batch);
        }
    }

    [Fact]
    public void The_next_batch_with_its_clock()
    {
        var table = Interactions(1500, 20);
        var pool = RandomIntegers(1000, 0, 1500);
        var (clock, next, batch) = (Integers(17), Integers(-1), NewBatch(64, 20));
        Run(device => device.Batches.AssembleNext(
            table(device), pool.On(device), 0x123456789ABCDEFul, clock.On(device), next.On(device), batch.On(device)));
        AssertSame(clock);
        AssertSame(next);
        AssertSameBatch(batch);
    }

    [Fact]
    public void Given_interactions_with_no_short_and_long_histories()
    {
        var table = Interactions(600, 12);
        var interactions = Integers([.. Enumerable.Range(0, 600)]);
        var batch = NewBatch(600, 12);
        Run(device => device.Batches.Assemble(table(device), interactions.On(device), batch.On(device)));
        AssertSameBatch(batch);
    }

    /// <summary>Interactions of users of very different activity, one of them without any.</summary>
    private Func<Device, InteractionTable> Interactions(int count, int length)
    {
        var random = new System.Random(3);
        int[] users = [.. Enumerable.Range(0, count).Select(_ => 1 + (int)(Users * Math.Pow(random.NextDouble(), 3))).Where(user => user != 9).Order()];
        var last = users[^1];
        users = [.. users, .. Enumerable.Repeat(last, count - users.Length)];
        int[] offsets = [.. Enumerable.Range(0, Users + 2).Select(user => users.Count(other => other < user))];
        var onDevices = (Integers(users), RandomIntegers(count, 1, 500), Integers(offsets), Random(1, count));
        return device => new InteractionTable(
            onDevices.Item1.On(device), onDevices.Item2.On(device), onDevices.Item3.On(device), length, onDevices.Item4.On(device));
    }

    private ParityBatch NewBatch(int size, int length) => new(
        RandomIntegers(size, -9, 0),
        RandomIntegers(size, -9, 0),
        RandomIntegers(size * length, -9, 0),
        RandomIntegers(size, -9, 0),
        Poisoned(1, size));

    private void AssertSameBatch(ParityBatch batch)
    {
        AssertSame(batch.Users);
        AssertSame(batch.Items);
        AssertSame(batch.History);
        AssertSame(batch.Lengths);
        AssertSame(batch.Rewards);
    }

    private sealed record ParityBatch(
        ParityIntegers Users, ParityIntegers Items, ParityIntegers History, ParityIntegers Lengths, ParityMatrix Rewards)
    {
        public BatchArrays On(Device device) =>
            new(Users.On(device), Items.On(device), History.On(device), Lengths.On(device), Rewards.On(device));
    }
}
