using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Parity;

/// <summary>Whole towers from embeddings to loss: representations, loss and the gradients of all parameters.</summary>
public sealed class TowerParityTests(ParityWorlds worlds) : ModelParityTest(worlds)
{
    /// <summary>Rounding differences grow through batch norm after batch norm of seven blocks.</summary>
    private const double GradientBound = 1e-4;

    /// <summary>
    /// A ReLU or maximum whose input is next to zero may take another side on another device, which moves the gradient by a share of one
    /// example. It happens to few batches: two of three must agree within the bound above.
    /// </summary>
    private const double KinkBound = 0.05;

    /// <summary>Towers in which every block type stands at every position it may have, with all poolings.</summary>
    public static TheoryData<string> Architectures
    {
        get
        {
            var data = new TheoryData<string>();
            var everywhere = BlockRegistry.All;
            var first = everywhere.Where(type => type.MinimumInputs == 1).ToArray();
            for (var shift = 0; shift < everywhere.Count; shift++)
            {
                data.Add(new Architecture(
                    PoolingRegistry.All[shift % PoolingRegistry.All.Count], Blocks(shift), Blocks(shift + 5)).ToString());
            }

            return data;

            BlockType[] Blocks(int shift) => [.. Enumerable.Range(0, SearchSpace.MaximumBlocks).Select(position =>
                position == 0 ? first[shift % first.Length] : everywhere[(shift + (position * 3)) % everywhere.Count])];
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Whole_towers(string text)
    {
        var architecture = Architecture.Parse(text);
        if (!GradientsAgree(architecture, step: 4))
        {
            Assert.True(GradientsAgree(architecture, step: 5), "gradients of two batches differ");
            Assert.True(GradientsAgree(architecture, step: 6), "gradients of two batches differ");
        }
    }

    private bool GradientsAgree(Architecture architecture, int step)
    {
        var reference = Gradients(Worlds.Reference, architecture, step);
        var tested = Gradients(Worlds.Cuda, architecture, step);
        RelativeError.AssertBelow(1e-5, reference.Users, tested.Users, "users");
        RelativeError.AssertBelow(1e-5, reference.Items, tested.Items, "items");
        RelativeError.AssertBelow(1e-5, reference.Loss, tested.Loss, "loss");
        var error = RelativeError.Of(reference.Gradients, tested.Gradients);
        Assert.True(error <= KinkBound, $"gradients: relative error {error:E2}, even for a kink");
        return error <= GradientBound;
    }

    private (float[] Users, float[] Items, float[] Loss, float[] Gradients) Gradients(Device device, Architecture architecture, int step)
    {
        var size = Worlds.IsEmulated ? 64 : 1024;
        using var experiment = Worlds.Experiment(device);
        using var model = new TwoTowerModel(experiment.Data, SearchSpace.Only(architecture), experiment.Shape, seed: 1);
        using var arena = new Arena(device, "test");
        using var batch = new DeviceBatch(device, size, model.Shape.HistoryLength);
        using var clock = new DeviceBuffer<int>(device, [step], "clock");
        using var loss = new DeviceBuffer<float>(device, 1, "loss");
        var arrays = batch.Arrays(size);
        var time = new IntegerArray(clock.Address, 1);
        device.Batches.AssembleShuffled(experiment.Data.Interactions, experiment.Train, 9, time, arrays);
        var tape = new Tape(arena, ForwardMode.Training) { DropoutSeed = 11, Clock = time };
        var users = model.Users(tape, architecture, arrays);
        var items = model.Items(tape, architecture, arrays.Items);
        var total = new Matrix(loss.Address, 1, 1);
        tape.BatchSoftmax(users.Representation, items.Representation, Matrix.None, Matrix.None, new TrainingOptions().Temperature, total);
        tape.FrobeniusPenalty(users.Embeddings, 1e-5f, total);
        tape.FrobeniusPenalty(items.Embeddings, 1e-5f, total);
        tape.Backward();
        return (Read(users.Representation.Value), Read(items.Representation.Value), loss.DownloadToHost(), model.Store.Gradients.DownloadToHost());

        float[] Read(Matrix matrix)
        {
            var values = new float[matrix.Count];
            device.Download(matrix.Address, values.AsSpan());
            return values;
        }
    }
}
