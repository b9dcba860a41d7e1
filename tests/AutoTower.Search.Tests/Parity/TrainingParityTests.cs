using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Optimisers;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Parity;

/// <summary>Training steps from the same weights over the same batches.</summary>
public sealed class TrainingParityTests(ParityWorlds worlds) : ModelParityTest(worlds)
{
    private const string Mixed = "pooling=self-attention; user=mlp-32,ew-ip,sa-2; item=sa-1,mlp-16,ew-max";

    /// <summary>
    /// A ReLU or maximum whose input is next to zero takes another side on another device, which moves a gradient by the share of one example.
    /// Training amplifies that: on the small data set of the emulator, at the usual learning rate, two CPU runs whose weights differ in the
    /// last bit are up to 1 % of the loss apart after 100 steps (batch 64 or 128). Smaller steps keep the curves together there.
    /// </summary>
    private TrainingOptions Options => Worlds.IsEmulated
        ? new() { BatchSize = 128, Adam = new() { LearningRate = 1e-4f } }
        : new() { BatchSize = 1024 };

    [Theory]
    [InlineData(Mixed)]
    [InlineData("pooling=self-attentive; user=sa-3,ew-sum,mlp-64; item=mlp-64,ew-avg,sa-4")]
    [InlineData("pooling=average; user=mlp-32,senet,product; item=mlp-32,product,ew-min")]
    public void One_step(string text)
    {
        var architecture = Architecture.Parse(text);
        var reference = AfterOneStep(Worlds.Reference, architecture);
        var tested = AfterOneStep(Worlds.Cuda, architecture);
        RelativeError.AssertBelow(1e-5, [reference.Loss, reference.Norm], [tested.Loss, tested.Norm], "loss and gradient norm");
        RelativeError.AssertBelow(1e-4, reference.FirstMoments, tested.FirstMoments, "first moments");
        // The first update of Adam is the learning rate times the sign of the gradient, so a gradient next to zero moves a value by twice that.
        RelativeError.AssertBelow(1e-3, reference.Values, tested.Values, "parameters");
        RelativeError.AssertBelow(1e-5, reference.Statistics, tested.Statistics, "running statistics");
        RelativeError.AssertBelow(1e-6, reference.Intervals, tested.Intervals, "item intervals");
        Assert.All(tested.Gradients, gradient => Assert.Equal(0, gradient));
    }

    [Theory]
    [InlineData(Mixed)]
    [InlineData("pooling=sum; user=mlp-64,sa-1,mlp-64; item=mlp-64,sa-1,mlp-64")]
    [InlineData("pooling=self-attentive; user=mlp-128,sa-2,ew-avg; item=sa-4,mlp-64,ew-sum")]
    public void A_hundred_steps(string text)
    {
        var architecture = Architecture.Parse(text);
        var reference = Losses(Worlds.Reference, architecture, 100);
        var tested = Losses(Worlds.Cuda, architecture, 100);
        Assert.True(reference[99] < reference[0], "training lowers the loss");
        RelativeError.AssertBelow(1e-3, reference, tested, "loss curve");
    }

    [Theory]
    [InlineData(Mixed)]
    [InlineData("pooling=average; user=mlp-32,senet,product; item=mlp-32,product,ew-min")]
    public void The_validation_loss(string text)
    {
        // One step on the CPU, so that running statistics and item frequencies are no longer those of the start, then its state on both.
        var architecture = Architecture.Parse(text);
        float[]? values = null;
        float[] statistics = [];
        float[] intervals = [];
        var reference = Validation(Worlds.Reference);
        RelativeError.AssertBelow(1e-5, [reference], [Validation(Worlds.Cuda)], "validation loss");

        float Validation(Device device)
        {
            using var experiment = Worlds.Experiment(device);
            using var model = new TwoTowerModel(experiment.Data, SearchSpace.Only(architecture), experiment.Shape, 1);
            using var step = new TrainingStep(model, experiment.Train, Options, 1);
            if (values is null)
            {
                step.Run(model.At(architecture));
                values = model.Store.Values.DownloadToHost();
                statistics = model.Store.Buffers.DownloadToHost();
                intervals = step.Frequencies.Intervals.DownloadToHost();
            }

            device.Upload<float>(values, model.Store.Values.Address);
            device.Upload<float>(statistics, model.Store.Buffers.Address);
            step.Frequencies.Intervals.Upload(intervals);
            using var validation = new ValidationLoss(model.At(architecture), step.Frequencies, experiment.Validation, Options, 1);
            return (float)validation.Compute();
        }
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(2)]
    public void Twenty_steps_with_tables_that_are_updated_by_row(int replayed)
    {
        var architecture = Architecture.Parse(Mixed);
        var options = Options with { BatchSize = 8, Lazy = new LazyUpdates(FewestRows: 50, replayed) };
        RelativeError.AssertBelow(
            1e-3, Losses(Worlds.Reference, architecture, 20, options), Losses(Worlds.Cuda, architecture, 20, options), "loss curve");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_the_first_steps_nothing_is_copied_allocated_or_waited_for(bool lazy)
    {
        using var device = new CountingDevice(Worlds.Cuda);
        using var experiment = Worlds.Experiment(device);
        var architecture = Architecture.Parse(Mixed);
        using var model = new TwoTowerModel(experiment.Data, SearchSpace.Only(architecture), experiment.Shape, 1);
        using var step = new TrainingStep(model, experiment.Train, Options with { Lazy = lazy ? new LazyUpdates(FewestRows: 50) : null }, 1);
        step.Run(model.At(architecture));
        step.Run(model.At(architecture));
        var pool = Worlds.Cuda.Engine.Pool;
        var before = (device.HostCopies, device.Interruptions, pool.LiveAllocations, pool.LiveBytes, pool.PeakBytes);
        for (var i = 0; i < 5; i++)
        {
            step.Run(model.At(architecture));
        }

        Assert.Equal(before, (device.HostCopies, device.Interruptions, pool.LiveAllocations, pool.LiveBytes, pool.PeakBytes));
        Assert.True(float.IsFinite(step.ReadLoss()));
    }

    [Fact]
    public void A_supernet_step_leaves_parameters_off_the_path_alone()
    {
        using var experiment = Worlds.Experiment(Worlds.Cuda);
        using var model = new TwoTowerModel(experiment.Data, SearchSpace.Create(3, 3), experiment.Shape, 1);
        using var step = new TrainingStep(model, experiment.Train, Options, 1);
        var before = model.Store.Values.DownloadToHost();
        var architecture = Architecture.Parse(Mixed);
        step.Run(model.At(architecture));
        var after = model.Store.Values.DownloadToHost();
        var path = model.Path(architecture).ToHashSet();
        foreach (var group in model.Store.Groups)
        {
            var range = (int)group.Segment.Offset..((int)group.Segment.Offset + group.Segment.Length);
            Assert.Equal(path.Contains(group), !before.AsSpan(range).SequenceEqual(after.AsSpan(range)));
        }
    }

    private float[] Losses(Device device, Architecture architecture, int steps, TrainingOptions? options = null)
    {
        using var experiment = Worlds.Experiment(device);
        using var model = new TwoTowerModel(experiment.Data, SearchSpace.Only(architecture), experiment.Shape, 1);
        using var step = new TrainingStep(model, experiment.Train, options ?? Options, 1);
        return [.. Enumerable.Range(0, steps).Select(_ =>
        {
            step.Run(model.At(architecture));
            return step.ReadLoss();
        })];
    }

    private StepResult AfterOneStep(Device device, Architecture architecture)
    {
        using var experiment = Worlds.Experiment(device);
        using var model = new TwoTowerModel(experiment.Data, SearchSpace.Only(architecture), experiment.Shape, 1);
        using var step = new TrainingStep(model, experiment.Train, Options, 1);
        step.Run(model.At(architecture));
        return new StepResult(
            step.ReadLoss(),
            step.Optimiser.Norm.DownloadToHost()[0],
            model.Store.Values.DownloadToHost(),
            model.Store.Gradients.DownloadToHost(),
            step.Optimiser.FirstMoments.DownloadToHost(),
            model.Store.Buffers.DownloadToHost(),
            step.Frequencies.Intervals.DownloadToHost());
    }

    private sealed record StepResult(
        float Loss, float Norm, float[] Values, float[] Gradients, float[] FirstMoments, float[] Statistics, float[] Intervals);
}
