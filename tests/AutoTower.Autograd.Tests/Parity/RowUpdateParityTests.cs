using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Optimisers;
using AutoTower.Autograd.Tests.Optimisers;

namespace AutoTower.Autograd.Tests.Parity;

/// <summary>Adam by row: the CUDA device against the CPU device, and against its own dense update.</summary>
public class RowUpdateParityTests(GpuDevices devices) : DeviceParityTest(devices)
{
    private static readonly AdamSettings s_settings = new(LearningRate: 0.01f, WeightDecay: 1e-3f);

    [Theory]
    [InlineData(3, 0)]
    [InlineData(3, 0.5f)]
    [InlineData(int.MaxValue, 0.5f)]
    public void As_on_the_CPU_device(int replayed, float maximumNorm)
    {
        var settings = s_settings with { MaximumNorm = maximumNorm };
        var lazy = new LazyUpdates(FewestRows: 1, replayed);
        using var reference = new LazyWorld(Reference, settings, lazy);
        using var tested = new LazyWorld(Cuda, settings, lazy);
        foreach (var world in new[] { reference, tested })
        {
            world.RandomSteps(12, () => world.Discard(3, 4, 4, 0, 17));
            world.Optimiser.CatchUp();
            world.RandomSteps(12);
        }

        AssertSameState(reference, tested);
        reference.Optimiser.CatchUp();
        tested.Optimiser.CatchUp();
        AssertSameState(reference, tested);
        Assert.Equal(reference.Optimiser.StepCounts.DownloadToHost(), tested.Optimiser.StepCounts.DownloadToHost());
        Assert.Equal(reference.Optimiser.LastGradients.DownloadToHost(), tested.Optimiser.LastGradients.DownloadToHost());
        Assert.Equal(reference.Optimiser.CaughtUp.DownloadToHost(), tested.Optimiser.CaughtUp.DownloadToHost());
        Assert.All(tested.Gradients, gradient => Assert.Equal(0, gradient));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5f, 1)]
    [InlineData(0.5f, 31)]
    public void With_all_missed_updates_replayed_the_bits_are_those_of_the_dense_update(float maximumNorm, int fewestRows)
    {
        var settings = s_settings with { MaximumNorm = maximumNorm };
        using var dense = new LazyWorld(Cuda, settings, null);
        using var lazy = new LazyWorld(Cuda, settings, new LazyUpdates(fewestRows, int.MaxValue));
        dense.RandomSteps(40);
        lazy.RandomSteps(40);
        lazy.Optimiser.CatchUp();
        Assert.Equal(Bits(dense.State.Values), Bits(lazy.State.Values));
        Assert.Equal(Bits(dense.State.First), Bits(lazy.State.First));
        Assert.Equal(Bits(dense.State.Second), Bits(lazy.State.Second));
    }

    private static IEnumerable<int> Bits(float[] values) => values.Select(BitConverter.SingleToInt32Bits);

    private static void AssertSameState(LazyWorld reference, LazyWorld tested)
    {
        AssertClose(reference.State.Values, tested.State.Values, Fp32Bound);
        AssertClose(reference.State.First, tested.State.First, Fp32Bound);
        AssertClose(reference.State.Second, tested.State.Second, Fp32Bound);
        AssertClose([reference.State.Norm], [tested.State.Norm], Fp32Bound);
    }
}
