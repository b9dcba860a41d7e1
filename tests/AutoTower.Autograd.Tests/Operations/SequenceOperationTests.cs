using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Tests.Devices;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Autograd.Tests.Operations;

public class SequenceOperationTests
{
    /// <summary>L, H or K, width of a head or c, lengths of the histories: empty, of one, full; more than one chunk.</summary>
    public static TheoryData<int, int, int, int[]> Histories => new()
    {
        { 1, 1, 1, [1] },
        { 5, 2, 3, [0, 1, 5, 3] },
        { 20, 3, 8, [20, 0, 7] },
        { 4, 1, 6, [0, 0] },
        { 3, 4, 5, [.. Enumerable.Range(0, 21).Select(b => b % 4)] },
    };

    [Theory]
    [MemberData(nameof(Histories))]
    public void Attention_within_histories(int length, int heads, int width, int[] lengths) => Attention(length, heads, width, lengths).Check();

    [Theory]
    [MemberData(nameof(Histories))]
    public void Routing(int length, int interests, int width, int[] lengths)
    {
        Route(length, interests, width, lengths, iterations: 1).Check();
        Route(length, interests, width, lengths, iterations: 3).Check();
    }

    [Theory]
    [InlineData(1, 1, 1, 0)]
    [InlineData(7, 3, 5, 2)]
    [InlineData(130, 4, 64, 0)]
    public void Attention_of_interests_to_an_item(int batch, int interests, int width, int gap) => Label(batch, interests, width, gap).Check();

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        int[] lengths = [.. Enumerable.Range(0, 100).Select(b => b * 7 % 12)];
        Attention(11, 2, 5, lengths).CheckThreads();
        Route(11, 3, 9, lengths, iterations: 3).CheckThreads();
        Label(700, 3, 9, 1).CheckThreads();
    }

    [Fact]
    public void What_lies_at_padding_does_not_matter()
    {
        using var device = new CpuDevice(1);
        int[] lengths = [0, 1, 5, 3];
        foreach (var operation in new[] { Attention(5, 1, 3, lengths), Route(5, 2, 3, lengths, iterations: 3) })
        {
            void SpoilPadding(HostMatrix[] inputs)
            {
                foreach (var row in Enumerable.Range(0, 20).Where(row => row % 5 < 5 - lengths[row / 5]))
                {
                    inputs[0].Row(row).Fill(float.NaN);
                }
            }

            Assert.Equal(operation.ExecuteOn(device).Results(), (operation with { Prepare = SpoilPadding }).ExecuteOn(device).Results());
        }
    }

    private static TapeOperation Attention(int length, int heads, int width, int[] lengths) => new(
        [new(lengths.Length * length, 3 * heads * width, 2)],
        [new(lengths.Length * length, heads * width, 1)],
        (tape, x, y) => tape.SequenceAttention(x[0], tape.Arena.NewIntegers(lengths), heads, y[0]),
        x => [SequenceDefinitions.Attention(x[0], lengths, heads)]);

    private static TapeOperation Route(int length, int interests, int width, int[] lengths, int iterations)
    {
        // The gradient takes the weights for constants: those of the first call, which is at the values themselves.
        DoubleMatrix? weights = null;
        return new(
            [new(lengths.Length * length, width, 1), new(interests, length) { WantsGradient = false, Scale = 2 }],
            [new(lengths.Length * interests, width, 3)],
            (tape, x, y) => tape.RouteCapsules(x[0], tape.Arena.NewIntegers(lengths), x[1].Value, iterations, y[0]),
            x =>
            {
                weights ??= SequenceDefinitions.RoutingWeights(x[0], lengths, x[1], iterations);
                return [SequenceDefinitions.Capsules(x[0], weights, lengths.Length, interests)];
            });
    }

    private static TapeOperation Label(int batch, int interests, int width, int gap) => new(
        [new(batch, interests * width, gap), new(batch, width, gap)],
        [new(batch, width, gap)],
        (tape, x, y) => tape.LabelAttention(x[0], x[1], 3, y[0]),
        x => [SequenceDefinitions.LabelAttention(x[0], x[1], 3)])
    {
        // Scores reach some tens, whose rounding errors the exponential passes on.
        Tolerance = new Tolerance(3e-5, 3e-5),
    };
}
