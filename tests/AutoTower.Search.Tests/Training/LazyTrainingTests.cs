using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Optimisers;
using AutoTower.Autograd.Random;
using AutoTower.Search.Baselines;
using AutoTower.Search.Data;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Training;

/// <summary>Training with tables that are updated by row, on data of which a batch touches a part only.</summary>
public sealed class LazyTrainingTests : IDisposable
{
    private static readonly TrainingOptions s_dense = new() { BatchSize = 16 };
    private static readonly TrainingOptions s_exact = s_dense with { Lazy = new LazyUpdates(FewestRows: 100, Replayed: int.MaxValue) };

    private readonly CpuDevice _device = new(2);
    private readonly Experiment _experiment;

    public LazyTrainingTests() => _experiment = new Experiment(
        _device,
        DatasetPresets.Load("synthetic", null, new SyntheticOptions { Users = 300, Items = 800, Interactions = 6000 }),
        SplitProtocol.Paper,
        embeddingDimension: 8,
        seed: 1);

    [Fact]
    public void A_supernet_is_the_dense_one_bit_for_bit_when_all_missed_updates_are_replayed()
    {
        Assert.Equal(Supernet(s_dense), Supernet(s_exact));

        float[] Supernet(TrainingOptions options)
        {
            var space = SearchSpace.Create(3, 3);
            using var model = _experiment.NewModel(space);
            using var step = new TrainingStep(model, _experiment.Train, options, 1);
            Assert.Equal(options.Lazy is not null, step.Optimiser.IsLazy);
            var random = new CounterRandom(1, RandomStream.ArchitectureSampling);
            var losses = new List<float>();
            for (var i = 0; i < 60; i++)
            {
                step.Run(model.At(space.Sample(random)));
                losses.Add(step.ReadLoss());
            }

            step.CatchUp();
            return [.. losses, .. model.Store.Values.DownloadToHost()];
        }
    }

    [Theory]
    [InlineData("google-dnn-l")]
    [InlineData("bst-l")]
    [InlineData("mind-l")]
    public void So_is_a_baseline(string name)
    {
        Assert.Equal(Train(s_dense), Train(s_exact));

        float[] Train(TrainingOptions options)
        {
            using var model = BaselineCatalog.Create(name, _experiment.Data, _experiment.Shape, 1);
            using var step = new TrainingStep(model, _experiment.Train, options, 1);
            for (var i = 0; i < 25; i++)
            {
                step.Run(model);
            }

            step.CatchUp();
            return model.Store.Values.DownloadToHost();
        }
    }

    [Fact]
    public void Training_from_scratch_sees_the_whole_tables_when_it_validates()
    {
        var options = new RetrainingOptions { MaximumEpochs = 3 };
        var (dense, expected) = Train(s_dense, options);
        var (exact, result) = Train(s_exact, options);
        Assert.Equal(expected.Epochs, result.Epochs);
        Assert.Equal(dense, exact);
    }

    [Fact]
    public void With_the_usual_number_of_replays_training_ends_near_the_dense_one()
    {
        var options = new RetrainingOptions { MaximumEpochs = 4, NewOptimiserEachEpoch = false };
        var (dense, expected) = Train(s_dense, options);
        var (lazy, result) = Train(s_dense with { Lazy = new LazyUpdates(FewestRows: 100) }, options);
        Assert.NotEqual(expected.BestValidationLoss, result.BestValidationLoss);
        Assert.Equal(expected.BestValidationLoss, result.BestValidationLoss, 0.01 * expected.BestValidationLoss);
        Assert.Equal(dense[0], lazy[0], 0.05); // Of recall; training takes another course from the first difference on, as with another seed.
    }

    public void Dispose()
    {
        _experiment.Dispose();
        Assert.Equal(0, _device.LiveBytes);
        _device.Dispose();
    }

    // Recall@50, then all weights.
    private (float[] Outcome, RetrainingResult Result) Train(TrainingOptions training, RetrainingOptions retraining)
    {
        var (model, result) = _experiment.TrainFromScratch(
            SmallWorld.Mixed, training, retraining, new ObserverGroup(), TestContext.Current.CancellationToken);
        using (model)
        {
            var recall = _experiment.Rank(model.At(SmallWorld.Mixed))[EvaluationProtocol.Strict].Recall;
            return ([(float)recall[^1], .. model.Store.Values.DownloadToHost()], result);
        }
    }
}
