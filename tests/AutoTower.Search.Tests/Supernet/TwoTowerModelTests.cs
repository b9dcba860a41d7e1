using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Random;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Supernet;

/// <summary>The whole model, from ids to the regularised loss and back to every table, against its definition in double.</summary>
public class TwoTowerModelTests
{
    private const ulong Seed = 5;
    private const int Step = 1;
    private static readonly TrainingOptions s_options = new() { BatchSize = 12, Regulariser = 0.01f };

    /// <summary>All poolings, and between them all kinds of blocks; the two towers differ in depth.</summary>
    public static TheoryData<string> Architectures =>
    [
        "pooling=sum; user=mlp-16,ew-sum,sa-2; item=sa-1,ew-max",
        "pooling=average; user=sa-3,product,ew-ip,mlp-32; item=mlp-64",
        "pooling=self-attentive; user=mlp-16,senet,ew-min; item=sa-4,ew-avg,mlp-16",
        "pooling=self-attention; user=mlp-32,ew-ip,sa-1,ew-max,mlp-16; item=mlp-16,senet,product",
    ];

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Gradients_of_all_parameters(string text)
    {
        var architecture = Architecture.Parse(text);
        // Empty and short histories, one longer than L, and items that occur twice.
        int[] interactions = [0, 5, 8, 9, 14, 17, 20, 21, 26, 30, 33, 38];
        using var device = new CpuDevice(2);
        using var data = new DeviceDataset(device, TinyData.Create(9, 8));
        using var model = new TwoTowerModel(data, SearchSpace.Only(architecture), TinyData.Shape, Seed);
        using var batch = new DeviceBatch(device, interactions.Length, TinyData.HistoryLength);
        using var loss = new DeviceBuffer<float>(device, 1, "loss");
        using var arena = new Arena(device, "test");
        var clock = data.Upload([Step], "clock");
        var arrays = batch.Arrays(interactions.Length);
        device.Batches.Assemble(data.Interactions, data.Upload(interactions, "batch"), arrays);
        float[] logProbability = [.. interactions.Select((_, i) => -0.5f * (i % 5))];
        var correction = arena.NewMatrix(1, interactions.Length);
        device.Upload<float>(logProbability, correction.Address);

        var tape = new Tape(arena, ForwardMode.Training) { DropoutSeed = Seed, Clock = clock };
        var total = new Matrix(loss.Address, 1, 1);
        var users = model.Users(tape, architecture, arrays);
        var items = model.Items(tape, architecture, arrays.Items);
        tape.BatchSoftmax(users.Representation, items.Representation, correction, Matrix.None, s_options.Temperature, total);
        tape.FrobeniusPenalty(users.Embeddings, s_options.Regulariser, total);
        tape.FrobeniusPenalty(items.Embeddings, s_options.Regulariser, total);
        tape.Backward();

        var weights = new NamedWeights(model.Store);
        var definition = Definition(data, weights, architecture, interactions);
        double Loss() => definition.Loss(Array.ConvertAll(logProbability, value => (double)value));
        // Logits up to 20 have errors of 1e-6 and more.
        Assert.Equal(Loss(), loss.DownloadToHost()[0], 2e-5 * Loss());
        weights.CheckGradients(Loss, samples: 5);
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void The_loss_of_a_first_step_is_that_of_its_batch(string text)
    {
        var architecture = Architecture.Parse(text);
        using var device = new CpuDevice(2);
        using var data = new DeviceDataset(device, TinyData.Create(9, 8));
        using var model = new TwoTowerModel(data, SearchSpace.Only(architecture), TinyData.Shape, Seed);
        int[] pool = [.. Enumerable.Range(0, data.Dataset.Interactions.Count)];
        using var step = new TrainingStep(model, data.Upload(pool, "pool"), s_options, Seed);
        var weights = new NamedWeights(model.Store);
        step.Run(model.At(architecture));

        var order = new Shuffle(pool.Length, Seed, 0);
        int[] interactions = [.. Enumerable.Range(0, s_options.BatchSize).Select(i => pool[order[i]])];
        // 8 items / batch 12 = 0 in integer division: at step 1 the interval of the k-th occurrence is 0.99^(k-1) * 0.01.
        double[] logProbability = [.. interactions.Select((interaction, i) =>
        {
            var earlier = interactions.Take(i).Count(other => data.Dataset.Interactions.Items[other] == data.Dataset.Interactions.Items[interaction]);
            return -Math.Log(Math.Pow(0.99, earlier) * 0.01);
        })];
        var expected = Definition(data, weights, architecture, interactions).Loss(logProbability);
        Assert.Equal(expected, step.ReadLoss(), 2e-5 * expected);
    }

    private static ModelDefinition Definition(DeviceDataset data, NamedWeights weights, Architecture architecture, int[] interactions) =>
        new(data.Dataset, weights, architecture, interactions)
        {
            DropoutSeed = Seed,
            Step = Step,
            DropoutRate = 0.2f,
            Temperature = s_options.Temperature,
            Regulariser = s_options.Regulariser,
        };
}
