using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Optimisers;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Data;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Training;

/// <summary>The weight r of an interaction is the factor of its term in every loss.</summary>
public sealed class WeightedInteractionTests
{
    // No batch norm, so that nothing but the loss connects the examples of a batch.
    private static readonly Architecture Plain = Architecture.Parse("pooling=sum; user=mlp-16; item=mlp-16");
    private static readonly TrainingOptions Options = new() { BatchSize = 64, Regulariser = 0, Adam = new() { WeightDecay = 0 } };

    [Fact]
    public void EveryLossIsLinearInTheWeights()
    {
        var random = new Random(7);
        var weights = Enumerable.Range(0, 4000).Select(_ => random.NextSingle()).ToArray();
        var some = Losses(weights);
        var rest = Losses(Array.ConvertAll(weights, weight => 1 - weight));
        var all = Losses(null);
        Assert.All(some.Zip(all), pair => Assert.InRange(pair.First, 0.3 * pair.Second, 0.7 * pair.Second));
        Assert.All(some.Zip(rest, (a, b) => a + b).Zip(all), pair => Assert.Equal(pair.Second, pair.First, 1e-4 * pair.Second));
    }

    [Fact]
    public void ExamplesOfWeightZeroTeachTheirUsersNothing()
    {
        using var world = new World(log => Array.ConvertAll(log.Users, user => user % 2f));
        using var model = world.NewModel();
        var table = model.Store.Groups.First(group => group.Name == "user_embeddings").Parameters[0];
        using var step = new TrainingStep(model, world.Experiment.Train, Options, 1);
        var before = Values();
        step.Run(model.At(Plain));
        var after = Values();
        var moved = Enumerable.Range(0, table.Rows).Where(user => !Row(before, user).SequenceEqual(Row(after, user))).ToArray();
        Assert.True(moved.Length > 10, "many of the 64 examples are of users with weight 1");
        Assert.All(moved, user => Assert.Equal(1, user % 2));

        float[] Values() => Array.ConvertAll(ParameterStore.DownloadPart(model.Device, table, table.Parts[0]), value => (float)value);

        ReadOnlySpan<float> Row(float[] values, int user) => values.AsSpan(user * table.Columns, table.Columns);
    }

    /// <summary>The losses of the first training step, of validation, and of fitness.</summary>
    private static double[] Losses(float[]? weights)
    {
        using var world = new World(_ => weights);
        using var model = world.NewModel();
        using var fitness = new FitnessEvaluator(
            model, world.Experiment.Train, world.Experiment.Validation, new FitnessOptions { BatchSize = 64, StatisticsBatches = 2, LossBatches = 5 }, 1);
        var judged = fitness.Evaluate(Plain);
        using var step = new TrainingStep(model, world.Experiment.Train, Options, 1);
        using var validation = new ValidationLoss(model.At(Plain), step.Frequencies, world.Experiment.Validation, Options, 1);
        var validated = validation.Compute();
        step.Run(model.At(Plain));
        return [step.ReadLoss(), validated, judged];
    }

    private sealed class World : IDisposable
    {
        private readonly CpuDevice _device = new(2);

        public World(Func<InteractionLog, float[]?> weights)
        {
            var data = DatasetPresets.Load("synthetic", null, new SyntheticOptions { Users = 120, Items = 90, Interactions = 4000 });
            var log = data.Interactions;
            var weighted = new Dataset(
                data.Name,
                data.Users,
                data.Items,
                new InteractionLog(log.Offsets, log.Items, weights(log)),
                data.HistoryLength,
                data.HistoryFields,
                data.UserKeys,
                data.ItemKeys);
            Experiment = new Experiment(_device, weighted, SplitProtocol.Paper, embeddingDimension: 8, seed: 1);
        }

        public Experiment Experiment { get; }

        public TwoTowerModel NewModel() => new(Experiment.Data, SearchSpace.Only(Plain), Experiment.Shape, 1);

        public void Dispose()
        {
            Experiment.Dispose();
            _device.Dispose();
        }
    }
}
