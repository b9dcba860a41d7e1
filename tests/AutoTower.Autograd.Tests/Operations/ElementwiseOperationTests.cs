using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Autograd.Tests.Operations;

public class ElementwiseOperationTests
{
    /// <summary>B, n, D, gap: one of everything, odd sizes around vector widths, strided views.</summary>
    public static TheoryData<int, int, int, int> Shapes => new() { { 1, 1, 1, 0 }, { 5, 2, 17, 3 }, { 3, 7, 9, 1 }, { 13, 4, 64, 64 } };

    public static TheoryData<Reduction> Reductions => [.. Enum.GetValues<Reduction>()];

    [Theory]
    [MemberData(nameof(Reductions))]
    public void Reductions_over_tokens(Reduction reduction)
    {
        foreach (var row in Shapes)
        {
            var (batch, tokens, width, gap) = row.Data;
            Reduce(reduction, batch, tokens, width, gap).Check();
        }

        Reduce(reduction, 900, 3, 33, 2).CheckThreads();
    }

    [Theory]
    [InlineData(Reduction.Maximum)]
    [InlineData(Reduction.Minimum)]
    public void Of_equal_extrema_the_first_token_gets_the_gradient(Reduction reduction)
    {
        using var device = new CpuDevice(1);
        var extreme = reduction == Reduction.Maximum ? 2f : -2f;
        var run = (Reduce(reduction, 4, 5, 11, 0) with
        {
            // Token 1, 3 and 4 share the extremum in even columns; all tokens are equal in odd ones.
            Prepare = inputs =>
            {
                for (var b = 0; b < 4; b++)
                {
                    for (var column = 0; column < 55; column++)
                    {
                        var (token, c) = Math.DivRem(column, 11);
                        inputs[0][b, column] = c % 2 == 1 || token is 1 or 3 or 4 ? extreme : inputs[0][b, column];
                    }
                }
            },
        }).ExecuteOn(device);
        for (var b = 0; b < 4; b++)
        {
            for (var column = 0; column < 55; column++)
            {
                var (token, c) = Math.DivRem(column, 11);
                Assert.Equal(extreme, run.Outputs[0][b, c]);
                var gets = token == (c % 2 == 1 ? 0 : 1);
                var before = run.GradientsBefore[0][(b * 55) + column];
                Assert.Equal(gets ? before + run.Upstream[0][(b * 11) + c] : before, run.Gradients[0][b, column]);
            }
        }
    }

    [Fact]
    public void A_product_with_zeros_has_the_gradients_of_the_other_factors() => (Reduce(Reduction.Product, 6, 4, 10, 1) with
    {
        // One zero in even columns (one gradient is left), two in odd ones (none is).
        Prepare = inputs =>
        {
            for (var b = 0; b < 6; b++)
            {
                for (var c = 0; c < 10; c++)
                {
                    inputs[0][b, 10 + c] = 0;
                    inputs[0][b, 30 + c] = c % 2 == 1 ? 0 : inputs[0][b, 30 + c];
                }
            }
        },
    }).Check();

    [Theory]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.Sigmoid)]
    [InlineData(Activation.Tanh)]
    public void Activations(Activation activation)
    {
        foreach (var row in Shapes)
        {
            var (batch, _, width, gap) = row.Data;
            Activate(activation, batch, width, gap, scale: 4).Check();
        }

        Activate(activation, 700, 33, 1, scale: 4).CheckThreads();
    }

    [Fact]
    public void Relu_of_zero_has_no_gradient()
    {
        using var device = new CpuDevice(1);
        var run = (Activate(Activation.Relu, 3, 9, 0, 1) with { Prepare = inputs => inputs[0].Row(1).Clear() }).ExecuteOn(device);
        for (var c = 0; c < 9; c++)
        {
            Assert.Equal(0, run.Outputs[0][1, c]);
            Assert.Equal(run.GradientsBefore[0][9 + c], run.Gradients[0][1, c]);
        }
    }

    [Fact]
    public void Sigmoid_saturates_without_overflow()
    {
        using var device = new CpuDevice(1);
        var run = (Activate(Activation.Sigmoid, 1, 2, 0, 1) with
        {
            Prepare = inputs => (inputs[0][0, 0], inputs[0][0, 1]) = (200, -200),
        }).ExecuteOn(device);
        Assert.Equal([1f, 0f], run.Outputs[0].Values());
        Assert.Equal(run.GradientsBefore[0], run.Gradients[0].Values());
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(4, 3, 17)]
    [InlineData(300, 5, 9)]
    public void Positions_are_added(int batch, int length, int width) => Positions(batch, length, width).Check();

    [Fact]
    public void Token_means_scales_products_and_copies()
    {
        foreach (var row in Shapes)
        {
            var (batch, tokens, width, gap) = row.Data;
            Means(batch, tokens, width, gap).Check();
            Scale(batch, tokens, width, gap).Check();
            Copy(batch, width, gap).Check();
            if (tokens > 1)
            {
                Products(batch, tokens, width, gap).Check();
            }
        }
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        Positions(500, 5, 17).CheckThreads();
        Means(500, 3, 17, 1).CheckThreads();
        Scale(500, 3, 17, 1).CheckThreads();
        Products(500, 3, 17, 1).CheckThreads();
        Copy(500, 33, 1).CheckThreads();
    }

    [Fact]
    public void A_wrong_width_is_named()
    {
        using var device = new CpuDevice(1);
        var failure = Assert.Throws<ArgumentException>(() => (Products(2, 3, 4, 0) with { Outputs = [new Operand(2, 4)] }).ExecuteOn(device));
        Assert.StartsWith("Expected 3 columns, not 4.", failure.Message, StringComparison.Ordinal);
    }

    private static TapeOperation Reduce(Reduction reduction, int batch, int tokens, int width, int gap) => new(
        [new(batch, tokens * width, gap)],
        [new(batch, width, gap)],
        (tape, x, y) => tape.ReduceTokens(reduction, x[0], tokens, y[0]),
        x => [Definitions.ReduceTokens(x[0], tokens, reduction switch
        {
            Reduction.Sum => Enumerable.Sum,
            Reduction.Average => Enumerable.Average,
            Reduction.Product => Definitions.Product,
            Reduction.Maximum => Enumerable.Max,
            _ => Enumerable.Min,
        })]);

    private static TapeOperation Activate(Activation activation, int batch, int width, int gap, float scale) => new(
        [new(batch, width, gap) { Scale = scale }],
        [new(batch, width, gap)],
        (tape, x, y) => tape.Activate(activation, x[0], y[0]),
        x => [activation switch
        {
            Activation.Relu => Definitions.Relu(x[0]),
            Activation.Tanh => Definitions.Tanh(x[0]),
            _ => Definitions.Sigmoid(x[0]),
        }]);

    private static TapeOperation Positions(int batch, int length, int width) => new(
        [new(batch * length, width), new(length, width)],
        [new(batch * length, width)],
        (tape, x, y) => tape.AddPosition(x[0], x[1], y[0]),
        x => [Definitions.AddPosition(x[0], x[1])]);

    private static TapeOperation Means(int batch, int tokens, int width, int gap) => new(
        [new(batch, tokens * width, gap)],
        [new(batch, tokens, gap)],
        (tape, x, y) => tape.TokenMeans(x[0], y[0]),
        x => [Definitions.TokenMeans(x[0], tokens)]);

    private static TapeOperation Scale(int batch, int tokens, int width, int gap) => new(
        [new(batch, tokens * width, gap), new(batch, tokens, gap)],
        [new(batch, tokens * width, gap)],
        (tape, x, y) => tape.ScaleTokens(x[0], x[1], y[0]),
        x => [Definitions.ScaleTokens(x[0], x[1])]);

    private static TapeOperation Products(int batch, int tokens, int width, int gap) => new(
        [new(batch, tokens * width, gap)],
        [new(batch, tokens * (tokens - 1) / 2, gap)],
        (tape, x, y) => tape.PairwiseProducts(x[0], tokens, y[0]),
        x => [Definitions.PairwiseProducts(x[0], tokens)]);

    private static TapeOperation Copy(int batch, int width, int gap) => new(
        [new(batch, width, gap)], [new(batch, width, gap)], (tape, x, y) => tape.Copy(x[0], y[0]), x => x);
}
