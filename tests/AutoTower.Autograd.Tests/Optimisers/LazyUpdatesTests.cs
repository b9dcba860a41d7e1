using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Optimisers;
using AutoTower.Autograd.Tests.Devices;

namespace AutoTower.Autograd.Tests.Optimisers;

/// <summary>Updates by row against the dense update.</summary>
public sealed class LazyUpdatesTests : IDisposable
{
    private static readonly LazyUpdates s_unlimited = new(FewestRows: 1, Replayed: int.MaxValue);
    private static readonly LazyUpdates s_limited = new(FewestRows: 1, Replayed: 3);
    private static readonly AdamSettings s_settings = new(LearningRate: 0.01f, WeightDecay: 1e-3f, MaximumNorm: 0.5f);

    private readonly CpuDevice _device = new(2);

    [Theory]
    [InlineData(0f, 1e-6f, 1)]
    [InlineData(0f, 0.01f, 31)]
    [InlineData(0.5f, 0.01f, 1)] // The gradient is always longer, so that every step is clipped.
    public void With_all_missed_updates_replayed_the_results_are_those_of_the_dense_update_bit_for_bit(
        float maximumNorm, float weightDecay, int fewestRows)
    {
        var settings = s_settings with { MaximumNorm = maximumNorm, WeightDecay = weightDecay };
        using var dense = new LazyWorld(_device, settings, null);
        using var lazy = new LazyWorld(_device, settings, s_unlimited with { FewestRows = fewestRows });
        Assert.True(lazy.Optimiser.IsLazy);
        dense.RandomSteps(100);
        lazy.RandomSteps(100);
        Assert.NotEqual(dense.State.Values, lazy.State.Values); // Some rows have not caught up.
        lazy.Optimiser.CatchUp();
        Assert.Equal(dense.State, lazy.State, Same);
        Assert.True(maximumNorm == 0 || dense.State.Norm > maximumNorm);
        Assert.All(lazy.Gradients, gradient => Assert.Equal(0, gradient));
    }

    [Fact]
    public void When_rows_catch_up_changes_nothing()
    {
        using var once = new LazyWorld(_device, s_settings, s_limited);
        using var often = new LazyWorld(_device, s_settings, s_limited);
        once.RandomSteps(60);
        often.RandomSteps(60, often.Optimiser.CatchUp);
        once.Optimiser.CatchUp();
        Assert.Equal(often.State, once.State, Same);
        often.Optimiser.CatchUp();
        Assert.Equal(often.State, once.State, Same);
    }

    [Fact]
    public void Beyond_the_updates_that_are_replayed_a_row_rests_and_its_moments_decay_when_it_moves_again()
    {
        using var dense = new LazyWorld(_device, s_settings, null);
        using var lazy = new LazyWorld(_device, s_settings, s_limited);
        var row = lazy.Row(lazy.RowOf(5));
        // The row's only gradient is in the first step; 8 and 9 lead elsewhere.
        foreach (var world in new[] { dense, lazy })
        {
            world.Step(true, 5, 5, 8);
            world.Step(true, 8);
            world.Step(true, 9);
            world.Step(true, 8);
        }

        var (values, first, second, _) = dense.State;
        for (var missed = 4; missed < 12; missed++)
        {
            lazy.Step(true, 9);
        }

        lazy.Optimiser.CatchUp();
        Assert.Equal(values[row], lazy.State.Values[row]);
        Assert.Equal(first[row], lazy.State.First[row]);
        Assert.Equal(second[row], lazy.State.Second[row]);

        // Of updates 2 to 12 three were replayed, eight were not; update 13 has a gradient.
        lazy.Step(true, 5);
        var after = lazy.State;
        for (var i = row.Start.Value; i < row.End.Value; i++)
        {
            var keep = first[i] * Math.Pow(0.9, 8);
            var g = (after.First[i] - (keep * 0.9)) / 0.1;
            var v = (second[i] * Math.Pow(0.999, 8) * 0.999) + (0.001 * g * g);
            var step = 0.01 / (1 - Math.Pow(0.9, 13)) * after.First[i] / (Math.Sqrt(v) / Math.Sqrt(1 - Math.Pow(0.999, 13)));
            Assert.Equal(v, after.Second[i], 2e-5 * v);
            Assert.Equal(values[i] - step, after.Values[i], 1e-6);
        }
    }

    [Fact]
    public void A_step_leaves_rows_alone_that_it_does_not_touch()
    {
        using var lazy = new LazyWorld(_device, s_settings, s_unlimited);
        lazy.Step(true, 5, 8);
        var before = lazy.State;
        lazy.Step(true, 8, 0, 0);
        var after = lazy.State;
        var row = lazy.Row(lazy.RowOf(5));
        Assert.Equal(before.Values[row], after.Values[row]);
        Assert.Equal(before.First[row], after.First[row]);
        Assert.NotEqual(before.Values[lazy.Row(lazy.RowOf(8))], after.Values[lazy.Row(lazy.RowOf(8))]);
    }

    [Fact]
    public void Smaller_tables_are_updated_whole()
    {
        using var lazy = new LazyWorld(_device, s_settings, s_unlimited with { FewestRows = 51 });
        Assert.False(lazy.Optimiser.IsLazy);
    }

    [Fact]
    public void Discarded_gradients_leave_no_trace()
    {
        using var without = new LazyWorld(_device, s_settings, s_limited);
        using var with = new LazyWorld(_device, s_settings, s_limited);
        without.RandomSteps(20);
        with.RandomSteps(20, () => with.Discard(3, 4, 5, 4, 0, 17));
        without.Optimiser.CatchUp();
        with.Optimiser.CatchUp();
        Assert.Equal(without.State, with.State, Same);
        Assert.All(with.Gradients, gradient => Assert.Equal(0, gradient));
    }

    [Fact]
    public void A_reset_optimiser_steps_as_a_new_one()
    {
        using var dense = new LazyWorld(_device, s_settings, null);
        using var lazy = new LazyWorld(_device, s_settings, s_unlimited);
        foreach (var world in new[] { dense, lazy })
        {
            world.RandomSteps(15);
            world.Optimiser.Reset();
            world.RandomSteps(15);
            world.Optimiser.CatchUp();
        }

        Assert.Equal(dense.State, lazy.State, Same);
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads() => Bits.SameOnAnyNumberOfThreads(device =>
    {
        using var lazy = new LazyWorld(device, s_settings, s_limited);
        lazy.RandomSteps(30);
        lazy.Optimiser.CatchUp();
        var (values, first, second, norm) = lazy.State;
        return [.. values, .. first, .. second, norm];
    });

    [Fact]
    public void A_step_whose_rows_were_not_prepared_is_refused()
    {
        using var lazy = new LazyWorld(_device, s_settings, s_limited);
        Assert.Throws<InvalidOperationException>(lazy.StepUnprepared);
        lazy.Prepare(1, 2);
        Assert.Throws<InvalidOperationException>(() => lazy.Prepare(1, 2));
    }

    public void Dispose()
    {
        Assert.Equal(0, _device.LiveBytes);
        _device.Dispose();
    }

    // The norm is summed in another order than the dense update's.
    private static bool Same((float[] Values, float[] First, float[] Second, float Norm) a, (float[] Values, float[] First, float[] Second, float Norm) b) =>
        Equal(a.Values, b.Values) && Equal(a.First, b.First) && Equal(a.Second, b.Second) && Math.Abs(a.Norm - b.Norm) <= 1e-6 * a.Norm;

    private static bool Equal(float[] a, float[] b) =>
        a.Select(BitConverter.SingleToInt32Bits).SequenceEqual(b.Select(BitConverter.SingleToInt32Bits));
}
