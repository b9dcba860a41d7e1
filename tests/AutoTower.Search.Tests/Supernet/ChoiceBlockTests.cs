using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Search.Tests.Supernet;

/// <summary>Every block type at every position of a tower of seven, last and not, against its definition in double.</summary>
public class ChoiceBlockTests
{
    private const int Batch = 7;
    private const int Width = 6;
    private const int HeadWidth = 3;
    private const int SamplesATensor = 8;

    public static TheoryData<string> Types => [.. BlockRegistry.Paper.Select(type => type.Name), "senet", "product"];

    [Theory]
    [MemberData(nameof(Types))]
    public void Values_and_gradients_are_those_of_the_definition(string name)
    {
        var type = BlockRegistry.Find(name);
        for (var position = type.MinimumInputs - 1; position < SearchSpace.MaximumBlocks; position++)
        {
            Check(type, position, isLast: false);
            Check(type, position, isLast: true);
        }
    }

    private static void Check(BlockType type, int position, bool isLast)
    {
        using var device = new CpuDevice(2);
        using var store = new ParameterStore();
        var inputs = position + 1;
        var outputWidth = isLast ? Width - 1 : Width;
        var block = new ChoiceBlock(store, "tower", position, type, new BlockShape(inputs, Width, outputWidth, HeadWidth), isLast);
        store.Allocate(device, seed: 3);
        var random = new System.Random((100 * position) + type.Name.Length);
        // Products of seven factors shall not vanish.
        var x = Random(Batch, inputs * Width, random, 1.5f);
        var upstream = Random(Batch, outputWidth, random, 1);

        using var arena = new Arena(device, "test");
        var tape = new Tape(arena, ForwardMode.Training);
        // As in a tower: inputs and output lie side by side.
        var states = tape.NewTensor(Batch, (inputs + 1) * Width);
        var input = states.SliceColumns(0, inputs * Width);
        var output = isLast ? tape.NewTensor(Batch, outputWidth) : states.SliceColumns(inputs * Width, Width);
        Upload(device, x, input.Value);
        block.Forward(tape, input, output);
        var values = Download(device, output.Value);
        tape.Record(() => Upload(device, upstream, output.Gradient));
        tape.Backward();

        var weights = new NamedWeights(store);
        DoubleMatrix Definition() => BlockDefinitions.Apply(type.Name, x, inputs, isLast, part => weights[$"{block.Group.Name}.{part}"]);
        double Weighted() => Definition().Data.Zip(upstream.Data, (value, factor) => value * factor).Sum();
        var what = $"{type.Name} at position {position}{(isLast ? " (last)" : string.Empty)}";
        var expected = Definition();
        for (var i = 0; i < values.Length; i++)
        {
            // Batch norm divides by deviations of some 0.05.
            new Tolerance(1e-5, 1e-4).Check(expected.Data[i], values[i], $"{what}[{i}]");
        }

        weights.CheckGradients(Weighted, SamplesATensor);
        GradientComparison.Check($"input of {what}", Weighted, x.Data, Download(device, input.Gradient), SamplesATensor, weights.LargestGradient);
    }

    private static DoubleMatrix Random(int rows, int columns, System.Random random, float scale) =>
        DoubleMatrix.Of(rows, columns, (_, _) => scale * (float)((2 * random.NextDouble()) - 1));

    private static void Upload(CpuDevice device, DoubleMatrix source, Matrix destination)
    {
        for (var row = 0; row < source.Rows; row++)
        {
            device.Upload<float>(
                Array.ConvertAll(source.Data[(row * source.Columns)..((row + 1) * source.Columns)], value => (float)value),
                destination.SliceRows(row, 1).Address);
        }
    }

    private static float[] Download(CpuDevice device, Matrix source)
    {
        var values = new float[source.Rows * source.Columns];
        for (var row = 0; row < source.Rows; row++)
        {
            device.Download(source.SliceRows(row, 1).Address, values.AsSpan(row * source.Columns, source.Columns));
        }

        return values;
    }
}
