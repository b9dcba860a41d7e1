using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Search.Baselines;
using AutoTower.Search.Cost;
using AutoTower.Search.Retrieval;
using AutoTower.Search.Supernet;
using AutoTower.Search.Tests.Supernet;
using AutoTower.Search.Tests.Training;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Baselines;

/// <summary>Every baseline that is trained, as a model.</summary>
public sealed class BaselineTests
{
    public static TheoryData<string> Families => new("google-dnn-l", "senet-l", "bst-l", "mind-l");

    public static TheoryData<string> Names => new(BaselineCatalog.Trained.Select(model => model.Name));

    /// <summary>From ids to the regularised loss and back to every table, against the definition in double.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void Gradients_of_all_parameters(string name)
    {
        // Empty and short histories, one longer than L, and items that occur twice.
        int[] interactions = [0, 5, 8, 9, 14, 17, 20, 21, 26, 30, 33, 38];
        using var device = new CpuDevice(2);
        using var data = new DeviceDataset(device, TinyData.Create(9, 8));
        // Small layers: differences in double are taken of the whole model.
        var baseline = BaselineCatalog.Find(name) with { Layers = [7, 5], InnerWidth = 11 };
        using var model = BaselineCatalog.Create(baseline, data, TinyData.Shape, seed: 5);
        using var batch = new DeviceBatch(device, interactions.Length, TinyData.HistoryLength);
        using var loss = new DeviceBuffer<float>(device, 1, "loss");
        using var arena = new Arena(device, "test");
        var arrays = batch.Arrays(interactions.Length);
        device.Batches.Assemble(data.Interactions, data.Upload(interactions, "batch"), arrays);
        float[] logProbability = [.. interactions.Select((_, i) => -0.5f * (i % 5))];
        var correction = arena.NewMatrix(1, interactions.Length);
        device.Upload<float>(logProbability, correction.Address);

        var tape = new Tape(arena, ForwardMode.Training);
        var objective = new TwoTowerObjective(correction, 0.05f, 0.01f, new Matrix(loss.Address, 1, 1));
        model.Loss(tape, arrays, objective);
        tape.Backward();

        var weights = new NamedWeights(model.Store);
        var definition = new BaselineInDouble(data.Dataset, weights, baseline, interactions)
        {
            Temperature = objective.Temperature,
            Regulariser = objective.Regulariser,
        };
        double Loss() => definition.Loss(Array.ConvertAll(logProbability, value => (double)value));
        // Logits up to 20 have errors of 1e-6 and more.
        Assert.Equal(Loss(), loss.DownloadToHost()[0], 2e-5 * Loss());
        weights.CheckGradients(Loss, samples: 5);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Vectors_have_length_one_and_the_width_of_the_output(string name)
    {
        using var world = new SmallWorld();
        using var model = BaselineCatalog.Create(name, world.Experiment.Data, world.Experiment.Shape, 1);
        using var buffer = TowerVectors.Items(model);
        AssertUnit(buffer.DownloadToHost(), world.Experiment.Dataset.Items.Count - 1, model.OutputWidth);
        // A new user without a history as well.
        AssertUnit(TowerVectors.Users(model, [new UserHistory(0, default), new UserHistory(3, new[] { 1, 2 })]), 2 * model.Interests, model.OutputWidth);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_actual_parameters_are_those_that_the_model_declares(string name)
    {
        using var world = new SmallWorld();
        using var model = BaselineCatalog.Create(name, world.Experiment.Data, world.Experiment.Shape, 1);
        var declared = model.Groups.Where(group => !group.Name.EndsWith("embeddings", StringComparison.Ordinal)).Sum(group => group.Count);
        Assert.Equal(BaselineCost.Of(BaselineCatalog.Find(name), world.Experiment.Shape, CostConvention.Actual).Total.Parameters, declared);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void One_batch_can_be_learnt_by_heart(string name)
    {
        using var world = new SmallWorld();
        using var model = BaselineCatalog.Create(name, world.Experiment.Data, world.Experiment.Shape, 1);
        // A pool as large as a batch makes every step see the same interactions, in another order.
        using var step = new TrainingStep(model, world.Experiment.Train.Slice(0, 32), SmallWorld.Options with { BatchSize = 32 }, 1);
        step.Run(model);
        var first = step.ReadLoss();
        for (var i = 0; i < 200; i++)
        {
            step.Run(model);
        }

        // Users and items that occur twice in the batch keep the loss above zero.
        Assert.True(step.ReadLoss() < 0.35 * first, $"{first} -> {step.ReadLoss()}");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void The_same_seed_gives_bit_identical_losses_on_any_number_of_threads(string name)
    {
        var expected = Losses(name, threads: 1, seed: 1);
        Assert.Equal(expected, Losses(name, threads: 2, seed: 1));
        Assert.NotEqual(expected, Losses(name, threads: 2, seed: 2));
    }

    [Fact]
    public void Names_that_are_none_get_the_nearest() => Assert.Equal(
        "There is no model named 'google-dnn-x'; the nearest names are google-dnn-l, google-dnn-m, google-dnn-h.",
        Assert.Throws<ArgumentException>(() => BaselineCatalog.Find("google-dnn-x")).Message);

    private static float[] Losses(string name, int threads, ulong seed)
    {
        using var world = new SmallWorld(threads);
        using var model = BaselineCatalog.Create(name, world.Experiment.Data, world.Experiment.Shape, seed);
        using var step = new TrainingStep(model, world.Experiment.Train, SmallWorld.Options, seed);
        return [.. Enumerable.Range(0, 10).Select(_ =>
        {
            step.Run(model);
            return step.ReadLoss();
        })];
    }

    private static void AssertUnit(float[] vectors, int rows, int width)
    {
        Assert.Equal(rows * width, vectors.Length);
        Assert.All(vectors.Chunk(width), vector => Assert.Equal(1, vector.Sum(value => (double)value * value), 1e-5));
    }
}
