using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Random;

namespace AutoTower.Autograd.Tests.Devices;

public class CpuBatchTests
{
    private const int Length = 4;

    /// <summary>User 1 has six interactions, user 2 one, user 3 three; items number from 10.</summary>
    private static readonly int[] s_offsets = [0, 0, 6, 7, 10];

    [Fact]
    public void Histories_are_the_items_before_padded_on_the_left_and_cut_to_the_last()
    {
        using var device = new CpuDevice(2);
        var batch = new Batch(device, 5);
        device.Batches.Assemble(Table(device), new HostIntegers(device, 0, 2, 5, 6, 9).View, batch.Arrays);
        Assert.Equal([1, 1, 1, 2, 3], batch.Users.Values.ToArray());
        Assert.Equal([10, 12, 15, 16, 19], batch.Items.Values.ToArray());
        Assert.Equal([0, 2, 4, 0, 2], batch.Lengths.Values.ToArray());
        Assert.Equal(
            [0, 0, 0, 0, /**/ 0, 0, 10, 11, /**/ 11, 12, 13, 14, /**/ 0, 0, 0, 0, /**/ 0, 0, 17, 18], batch.History.Values.ToArray());
    }

    [Fact]
    public void An_epoch_sees_every_full_batch_of_a_shuffled_pool_and_the_next_one_another_order()
    {
        using var device = new CpuDevice(2);
        var batch = new Batch(device, 3);
        var table = Table(device);
        var clock = new HostIntegers(device, 0);
        HostIntegers pool = new(device, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        var seen = new List<int>();
        for (var step = 1; step <= 6; step++)
        {
            device.Batches.Advance(clock.View);
            Assert.Equal(step, clock.Values[0]);
            device.Batches.AssembleShuffled(table, pool.View, 11, clock.View, batch.Arrays);
            var order = new Shuffle(10, 11, (uint)((step - 1) / 3));
            for (var i = 0; i < 3; i++)
            {
                var interaction = pool.Values[order[((step - 1) % 3 * 3) + i]];
                Assert.Equal(10 + interaction, batch.Items.Values[i]);
                seen.Add(interaction);
            }
        }

        Assert.Equal(9, seen.Take(9).Distinct().Count());
        Assert.Equal(9, seen.Skip(9).Distinct().Count());
        Assert.NotEqual(seen.Take(9), seen.Skip(9));
    }

    [Fact]
    public void The_next_batch_is_that_of_the_clock_after_this_one()
    {
        using var device = new CpuDevice(2);
        var (batch, expected) = (new Batch(device, 3), new Batch(device, 3));
        HostIntegers clock = new(device, 4), next = new(device, -1), pool = new(device, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        device.Batches.AssembleNext(Table(device), pool.View, 11, clock.View, next.View, batch.Arrays);
        Assert.Equal([4, 5], [clock.Values[0], next.Values[0]]);
        device.Batches.AssembleShuffled(Table(device), pool.View, 11, next.View, expected.Arrays);
        Assert.Equal(expected.Items.Values.ToArray(), batch.Items.Values.ToArray());
    }

    [Fact]
    public void A_pool_smaller_than_a_batch_repeats()
    {
        using var device = new CpuDevice(1);
        var batch = new Batch(device, 5);
        device.Batches.AssembleShuffled(Table(device), new HostIntegers(device, 3, 8).View, 1, new HostIntegers(device, 4).View, batch.Arrays);
        var items = batch.Items.Values.ToArray();
        Assert.Equal([13, 18], items.Take(2).Order());
        Assert.Equal([items[0], items[1], items[0], items[1], items[0]], items);
    }

    [Fact]
    public void Batches_do_not_depend_on_the_number_of_threads() => Bits.SameOnAnyNumberOfThreads(device =>
    {
        var batch = new Batch(device, 1000);
        device.Batches.AssembleShuffled(
            Table(device), new HostIntegers(device, [.. Enumerable.Range(0, 10)]).View, 5, new HostIntegers(device, 7).View, batch.Arrays);
        return [.. batch.Items.Values.ToArray().Select(item => (float)item), .. batch.History.Values.ToArray().Select(item => (float)item)];
    });

    private static InteractionTable Table(CpuDevice device) => new(
        new HostIntegers(device, 1, 1, 1, 1, 1, 1, 2, 3, 3, 3).View,
        new HostIntegers(device, [.. Enumerable.Range(10, 10)]).View,
        new HostIntegers(device, s_offsets).View,
        Length);

    private sealed class Batch(CpuDevice device, int size)
    {
        public HostIntegers Users { get; } = new(device, new int[size]);

        public HostIntegers Items { get; } = new(device, new int[size]);

        public HostIntegers Lengths { get; } = new(device, new int[size]);

        public HostIntegers History { get; } = new(device, Enumerable.Repeat(99, size * Length).ToArray());

        public BatchArrays Arrays => new(Users.View, Items.View, History.View, Lengths.View);
    }
}
