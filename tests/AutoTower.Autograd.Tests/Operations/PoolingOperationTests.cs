using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Random;
using AutoTower.Autograd.Tests.Devices;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Autograd.Tests.Operations;

public class PoolingOperationTests
{
    /// <summary>L, d and the lengths of the histories: empty, of one, full; a batch of one; nothing but empty ones; more than one chunk.</summary>
    public static TheoryData<int, int, int[]> Histories => new()
    {
        { 1, 1, [1] },
        { 5, 3, [0, 1, 5, 3] },
        { 20, 48, [20, 0, 7] },
        { 9, 17, [9] },
        { 4, 6, [0, 0] },
        { 3, 5, [.. Enumerable.Range(0, 37).Select(b => b % 4)] },
    };

    [Theory]
    [MemberData(nameof(Histories))]
    public void Sum_and_average(int length, int width, int[] lengths)
    {
        Sum(length, width, lengths, average: false).Check();
        Sum(length, width, lengths, average: true).Check();
    }

    [Theory]
    [MemberData(nameof(Histories))]
    public void Self_attentive(int length, int width, int[] lengths) => SelfAttentive(length, width, lengths).Check();

    [Theory]
    [MemberData(nameof(Histories))]
    public void Self_attention(int length, int width, int[] lengths)
    {
        SelfAttention(length, width, lengths, 0).Check();
        SelfAttention(length, width, lengths, 0.2f).Check();
        SelfAttention(length, width, lengths, 0.9f).Check();
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        int[] lengths = [.. Enumerable.Range(0, 100).Select(b => b * 7 % 12)];
        Sum(11, 9, lengths, average: true).CheckThreads();
        SelfAttentive(11, 9, lengths).CheckThreads();
        SelfAttention(11, 9, lengths, 0.2f).CheckThreads();
    }

    [Fact]
    public void What_lies_at_padding_does_not_matter()
    {
        using var device = new CpuDevice(1);
        foreach (var operation in new[]
        {
            Sum(5, 3, [0, 1, 5, 3], average: true), SelfAttentive(5, 3, [0, 1, 5, 3]), SelfAttention(5, 3, [0, 1, 5, 3], 0.2f),
        })
        {
            void SpoilPadding(HostMatrix[] inputs)
            {
                foreach (var input in inputs.Where(input => input.Rows == 20))
                {
                    for (var row = 0; row < 20; row++)
                    {
                        if (row % 5 < 5 - new[] { 0, 1, 5, 3 }[row / 5])
                        {
                            input.Row(row).Fill(float.NaN);
                        }
                    }
                }
            }

            Assert.Equal(operation.ExecuteOn(device).Results(), (operation with { Prepare = SpoilPadding }).ExecuteOn(device).Results());
        }
    }

    [Fact]
    public void Large_scores_do_not_overflow()
    {
        using var device = new CpuDevice(1);
        foreach (var operation in new[] { SelfAttentive(5, 3, [0, 1, 5, 3]), SelfAttention(5, 3, [0, 1, 5, 3], 0) })
        {
            var run = (operation with
            {
                Inputs = [.. operation.Inputs.Select(operand => operand with { Scale = 200 })],
            }).ExecuteOn(device);
            Assert.All(run.Results(), value => Assert.True(float.IsFinite(value)));
        }
    }

    [Fact]
    public void Dropout_works_in_training_alone_and_changes_with_the_step()
    {
        using var device = new CpuDevice(1);
        var pooling = SelfAttention(5, 3, [4, 5], 0.5f);
        float[] Mass(ForwardMode mode, int step)
        {
            using var arena = new Arena(device, "test");
            var run = pooling with { Run = (tape, x, y) => pooling.Run(new Tape(arena, mode) { Clock = new HostIntegers(device, step).View }, x, y) };
            return run.ExecuteOn(device).Outputs[1].Values();
        }

        Assert.Equal(Mass(ForwardMode.Training, 1), Mass(ForwardMode.Training, 1));
        Assert.NotEqual(Mass(ForwardMode.Training, 1), Mass(ForwardMode.Training, 2));
        foreach (var mode in new[] { ForwardMode.Recalibration, ForwardMode.Inference })
        {
            Assert.All(Mass(mode, 1), mass => Assert.Equal(1, mass, 1e-6));
        }
    }

    [Fact]
    public void Non_empty_marks_histories()
    {
        using var device = new CpuDevice(1);
        using var arena = new Arena(device, "test");
        var tape = new Tape(arena, ForwardMode.Inference);
        var marks = new float[3];
        device.Download(tape.NonEmpty(new HostIntegers(device, 0, 1, 20).View).Value.Address, marks.AsSpan());
        Assert.Equal([0f, 1f, 1f], marks);
    }

    private static TapeOperation Sum(int length, int width, int[] lengths, bool average) => new(
        [new(lengths.Length * length, width)],
        [new(lengths.Length, width, 2)],
        (tape, x, y) => tape.SumPool(x[0], new HostIntegers((CpuDevice)tape.Device, lengths).View, average, y[0]),
        x => [HistoryDefinitions.Sum(x[0], lengths, average)]);

    private static TapeOperation SelfAttentive(int length, int width, int[] lengths) => new(
        [new(lengths.Length * length, width) { Scale = 2, GradientIsAssigned = true }, new(1, width), new(lengths.Length * length, width)],
        [new(lengths.Length, width, 2)],
        (tape, x, y) => tape.SelfAttentivePool(x[0], x[1], x[2], new HostIntegers((CpuDevice)tape.Device, lengths).View, y[0]),
        x => [HistoryDefinitions.SelfAttentive(x[0], x[1], x[2], lengths)])
    {
        // Sums over a batch of products of three factors, one of which is a sum over d.
        Tolerance = new Tolerance(1e-5, 1e-5),
    };

    private static TapeOperation SelfAttention(int length, int width, int[] lengths, float rate) => new(
        [
            new(lengths.Length * length, 2 * width) { Scale = 2, GradientIsAssigned = true },
            new(lengths.Length * length, width),
        ],
        [new(lengths.Length, width), new(lengths.Length, 1)],
        (tape, x, y) => tape.SelfAttentionPool(x[0], x[1], new HostIntegers((CpuDevice)tape.Device, lengths).View, rate, y[0], y[1]),
        x =>
        {
            var weights = HistoryDefinitions.SelfAttentionWeights(
                x[0].SliceColumns(0, width), x[0].SliceColumns(width, width), lengths, (b, i, j) => Kept(rate, (((b * length) + i) * length) + j));
            return
            [
                DoubleMatrix.Of(lengths.Length, width, (b, c) => Enumerable.Range(0, length).Sum(j => weights[b, j] * x[1][(b * length) + j, c])),
                DoubleMatrix.Of(lengths.Length, 1, (b, _) => Enumerable.Range(0, length).Sum(j => weights[b, j])),
            ];
        })
    {
        // Scores are sums of 48 products below 4; their rounding passes the exponential.
        Tolerance = new Tolerance(1e-5, 2e-5),
    };

    /// <summary>The dropout factor of one attention weight, from the generator as the kernel's documentation says.</summary>
    private static double Kept(float rate, int index)
    {
        var word = Philox.Next(TapeOperation.DropoutSeed, (uint)(index / 4), 0, TapeOperation.Step, (uint)RandomStream.Dropout)[index % 4];
        return Philox.ToUniform(word) >= rate ? 1.0 / (1 - rate) : 0;
    }
}
