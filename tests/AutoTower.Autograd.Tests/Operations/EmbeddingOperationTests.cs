using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Tests.Devices;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Autograd.Tests.Operations;

public class EmbeddingOperationTests
{
    /// <summary>Entities 0 to 5; ids repeat, and 0 is padding.</summary>
    private static readonly int[] s_ids = [3, 0, 1, 3, 5, 0, 2, 4, 4, 1, 5];
    private static readonly int[] s_values = [0, 2, 1, 4, 2, 6];

    /// <summary>Entity 1 has one value, 2 has three (one twice), 3 has none, 4 two, 5 one; row 0 is the value of a field's unknown.</summary>
    private static readonly int[][] s_sets = [[], [2], [4, 1, 4], [], [3, 0], [4]];

    [Theory]
    [InlineData(1, 0)]
    [InlineData(16, 3)]
    [InlineData(17, 1)]
    public void Gathers_of_single_sets_and_first_values(int width, int gap) => Gather(s_ids, width, gap).Check();

    [Fact]
    public void A_batch_of_one() => Gather([2], 5, 0).Check();

    [Fact]
    public void Padding_alone_gives_zeros_and_no_gradient()
    {
        using var device = new CpuDevice(2);
        var run = Gather([0, 0, 0], 5, 0).ExecuteOn(device);
        Assert.All(run.Outputs[0].Values(), value => Assert.Equal(0, value));
        Assert.All(Enumerable.Range(0, 3), table => Assert.Equal(run.GradientsBefore[table], run.Gradients[table].Values()));
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        var random = new System.Random(1);
        Gather([.. Enumerable.Range(0, 2000).Select(_ => random.Next(6))], 9, 1).CheckThreads();
    }

    [Fact]
    public void A_table_without_gradient_is_left_out_of_the_backward_pass()
    {
        var gather = Gather(s_ids, 4, 0);
        (gather with { Inputs = [gather.Inputs[0] with { WantsGradient = false }, gather.Inputs[1], gather.Inputs[2]] }).Check();
    }

    [Fact]
    public void Wrong_shapes_and_field_counts_are_named()
    {
        using var device = new CpuDevice(1);
        using var arena = new Arena(device, "test");
        var tape = new Tape(arena, ForwardMode.Training);
        var ids = new HostIntegers(device, 1, 1).View;
        var table = new HostMatrix(device, 3, 4).View;
        var lookup = new FieldLookup(table, Matrix.None, ids, IntegerArray.None, false);
        var shape = Assert.Throws<ArgumentException>(() => tape.Gather(ids, [lookup], tape.NewTensor(2, 5)));
        Assert.StartsWith("2 ids of 1 fields can't fill (2, 5).", shape.Message, StringComparison.Ordinal);
        var none = Assert.Throws<ArgumentException>(() => tape.Gather(ids, [], tape.NewTensor(2, 0)));
        Assert.StartsWith("An entity has 1 to 32 fields, not 0.", none.Message, StringComparison.Ordinal);
    }

    /// <summary>A single-valued field, a set averaged, and a set of which the first value counts.</summary>
    private static TapeOperation Gather(int[] ids, int width, int gap) => new(
        [new(7, width), new(5, width, gap), new(5, width)],
        [new(ids.Length, 3 * width, gap)],
        (tape, tables, y) =>
        {
            var device = (CpuDevice)tape.Device;
            IntegerArray Integers(params ReadOnlySpan<int> values) => new HostIntegers(device, values).View;
            var sets = Integers([.. s_sets.SelectMany(set => set)]);
            var offsets = Integers([.. s_sets.Select((_, entity) => s_sets.Take(entity).Sum(set => set.Length)), s_sets.Sum(set => set.Length)]);
            tape.Gather(
                Integers(ids),
                [
                    new(tables[0].Value, tables[0].Gradient, Integers(s_values), IntegerArray.None, false),
                    new(tables[1].Value, tables[1].Gradient, sets, offsets, false),
                    new(tables[2].Value, tables[2].Gradient, sets, offsets, true),
                ],
                y[0]);
        },
        tables => [DoubleMatrix.Of(ids.Length, 3 * width, (i, column) =>
        {
            var (field, c) = Math.DivRem(column, width);
            var id = ids[i];
            return (id, field) switch
            {
                (0, _) => 0,
                (_, 0) => tables[0][s_values[id], c],
                (_, 1) => s_sets[id].Select(value => tables[1][value, c]).DefaultIfEmpty(0).Average(),
                _ => tables[2][s_sets[id].FirstOrDefault(0), c],
            };
        })]);
}
