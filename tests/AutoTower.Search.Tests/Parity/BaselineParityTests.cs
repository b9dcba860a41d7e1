using AutoTower.Autograd.Devices;
using AutoTower.Search.Baselines;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Parity;

/// <summary>The trained baselines on the CUDA device against the CPU device.</summary>
public sealed class BaselineParityTests(ParityWorlds worlds) : ModelParityTest(worlds)
{
    public static TheoryData<string> Families => new("google-dnn-l", "senet-l", "bst-l", "mind-l");

    [Theory]
    [MemberData(nameof(Families))]
    public void One_step(string name)
    {
        var reference = AfterOneStep(Worlds.Reference, name);
        var tested = AfterOneStep(Worlds.Cuda, name);
        RelativeError.AssertBelow(1e-5, [reference.Loss], [tested.Loss], "loss");
        RelativeError.AssertBelow(1e-4, reference.Moments, tested.Moments, "first moments");
        RelativeError.AssertBelow(1e-5, reference.Statistics, tested.Statistics, "running statistics");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void The_same_weights_rank_alike(string name)
    {
        using var model = new World(Worlds, Worlds.Reference, name);
        using var other = new World(Worlds, Worlds.Cuda, name);
        var expected = model.Experiment.Rank(model.Model)[EvaluationProtocol.Strict];
        var found = other.Experiment.Rank(other.Model)[EvaluationProtocol.Strict];
        // Scores differ in the last bits, which may let items of nearly equal score change places.
        Assert.Equal(expected.RecallAt(50), found.RecallAt(50), 2e-3);
        Assert.Equal(expected.NdcgAt(100), found.NdcgAt(100), 2e-3);
    }

    private (float Loss, float[] Moments, float[] Statistics) AfterOneStep(Device device, string name)
    {
        using var world = new World(Worlds, device, name);
        using var step = new TrainingStep(world.Model, world.Experiment.Train, new TrainingOptions { BatchSize = 128 }, 1);
        step.Run(world.Model);
        return (step.ReadLoss(), step.Optimiser.FirstMoments.DownloadToHost(), world.Model.Store.Buffers.DownloadToHost());
    }

    private sealed class World : IDisposable
    {
        public World(ParityWorlds worlds, Device device, string name)
        {
            Experiment = worlds.Experiment(device);
            // The width that BST has is too much for the emulator.
            Model = BaselineCatalog.Create(BaselineCatalog.Find(name) with { InnerWidth = 96 }, Experiment.Data, Experiment.Shape, seed: 1);
        }

        public Experiment Experiment { get; }

        public Baseline Model { get; }

        public void Dispose()
        {
            Model.Dispose();
            Experiment.Dispose();
        }
    }
}
