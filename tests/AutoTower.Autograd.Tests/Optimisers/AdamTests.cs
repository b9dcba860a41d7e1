using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Optimisers;
using AutoTower.Autograd.Parameters;

namespace AutoTower.Autograd.Tests.Optimisers;

public class AdamTests
{
    [Fact]
    public void A_group_off_the_path_keeps_values_moments_and_step_count()
    {
        using var world = new World();
        world.Step(1f, world.First, world.Second);
        var before = world.State();
        world.Step(2f, world.Second);
        var after = world.State();
        Assert.Equal([1, 2], world.Optimiser.StepCounts.DownloadToHost());
        Assert.Equal(before.Take(3 * 16), after.Take(3 * 16)); // values and both moments of the first group
        Assert.All(Enumerable.Range(48, 48), i => Assert.NotEqual(before[i], after[i]));
    }

    [Fact]
    public void A_group_that_joins_late_has_a_bias_correction_of_its_own()
    {
        // The first update of Adam is lr * sign(gradient), however many updates others have had; clipping is off, decay is 0.
        using var world = new World(new AdamSettings(LearningRate: 0.125f, WeightDecay: 0, MaximumNorm: 0));
        world.Step(1f, world.First);
        world.Step(1f, world.First);
        world.Step(3f, world.Second);
        var late = world.Value(world.Second);
        Assert.Equal(1 - 0.125, late, 1e-6);
    }

    [Fact]
    public void The_norm_is_of_the_groups_that_step()
    {
        using var world = new World();
        world.SetGradients(2f);
        world.Optimiser.Step([world.First]);
        Assert.Equal(2 * Math.Sqrt(16), world.Optimiser.Norm.DownloadToHost()[0], 1e-6);
        Assert.Equal(Enumerable.Repeat(0f, 16).Concat(Enumerable.Repeat(2f, 16)), world.Store.Gradients.DownloadToHost());
    }

    [Fact]
    public void A_reset_optimiser_steps_as_a_new_one()
    {
        using var used = new World();
        used.Step(5f, used.First, used.Second);
        var start = used.Store.Values.DownloadToHost();
        used.Optimiser.Reset();
        used.Step(1f, used.First, used.Second);
        using var fresh = new World();
        fresh.Store.Values.Upload(start);
        fresh.Step(1f, fresh.First, fresh.Second);
        Assert.Equal(fresh.State(), used.State());
    }

    private sealed class World : IDisposable
    {
        private readonly CpuDevice _device = new(1);

        public World(AdamSettings? settings = null)
        {
            First = Store.AddGroup("first");
            First.AddVector("v", 16, new Initialiser.Constant(1));
            Second = Store.AddGroup("second");
            Second.AddVector("v", 16, new Initialiser.Constant(1));
            Store.Allocate(_device, 1);
            Optimiser = new Adam(Store, settings ?? new AdamSettings());
        }

        public ParameterStore Store { get; } = new();

        public ParameterGroup First { get; }

        public ParameterGroup Second { get; }

        public Adam Optimiser { get; }

        public void SetGradients(float value) => Store.Gradients.Upload([.. Enumerable.Repeat(value, 32)]);

        public void Step(float gradient, params ParameterGroup[] groups)
        {
            SetGradients(gradient);
            Optimiser.Step(groups);
        }

        /// <summary>Value, first and second moment of the first group, then of the second, 16 each.</summary>
        public float[] State()
        {
            var slabs = new[] { Store.Values, Optimiser.FirstMoments, Optimiser.SecondMoments }.Select(slab => slab.DownloadToHost()).ToArray();
            return [.. slabs.SelectMany(slab => slab[..16]), .. slabs.SelectMany(slab => slab[16..])];
        }

        public float Value(ParameterGroup group) => Store.Values.DownloadToHost()[(int)group.Segment.Offset];

        public void Dispose()
        {
            Optimiser.Dispose();
            Store.Dispose();
            _device.Dispose();
        }
    }
}
