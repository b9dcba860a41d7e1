using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Operations;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Autograd.Tests.Operations;

public class AttentionOperationTests
{
    [Theory]
    [InlineData(1, 1, 1, 1, 0)]
    [InlineData(3, 1, 2, 8, 1)]
    [InlineData(5, 2, 3, 5, 3)]
    [InlineData(4, 7, 4, 8, 0)]
    [InlineData(2, 70, 1, 3, 0)] // more tokens than the kernel keeps on its stack
    public void Attention_over_tokens(int batch, int tokens, int heads, int headWidth, int gap) =>
        Attention(batch, tokens, heads, headWidth, gap).Check();

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads() => Attention(400, 3, 2, 5, 1).CheckThreads();

    [Fact]
    public void Large_scores_do_not_overflow()
    {
        using var device = new CpuDevice(1);
        var run = (Attention(2, 3, 1, 4, 0) with
        {
            // Scores reach thousands, where the exponential of a float is infinite.
            Prepare = inputs =>
            {
                for (var b = 0; b < 2; b++)
                {
                    foreach (ref var value in inputs[0].Row(b))
                    {
                        value *= 100;
                    }
                }
            },
        }).ExecuteOn(device);
        Assert.All(run.Results(), value => Assert.True(float.IsFinite(value)));
    }

    private static TapeOperation Attention(int batch, int tokens, int heads, int headWidth, int gap)
    {
        var width = heads * headWidth;
        return new(
            [new(batch, tokens * 4 * width, gap)],
            [new(batch, tokens * width, gap)],
            (tape, x, y) => tape.TokenAttention(x[0], tokens, heads, y[0]),
            x =>
            {
                DoubleMatrix Part(int part) => DoubleMatrix.Of(batch, tokens * width, (b, column) =>
                {
                    var (token, c) = Math.DivRem(column, width);
                    return x[0][b, (((token * 4) + part) * width) + c];
                });
                return [Definitions.TokenAttention(Part(0), Part(1), Part(2), Part(3), tokens, heads)];
            });
    }
}
