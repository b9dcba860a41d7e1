using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Autograd.Tests.Operations;

public class LinearOperationTests
{
    [Theory]
    [InlineData(1, 1, 1, 1, 0)]
    [InlineData(5, 123, 7, 1, 3)]
    [InlineData(7, 5, 11, 3, 2)]
    [InlineData(600, 13, 9, 2, 1)]
    public void Linear(int rows, int inputs, int outputs, int tokens, int gap)
    {
        Layer(rows, inputs, outputs, tokens, gap).Check();
        Layer(rows, inputs, outputs, tokens, gap, bias: false).Check();
        Layer(rows, inputs, outputs, tokens, gap, inputGradient: false).Check();
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(9, 12, 5)]
    public void Linear_of_a_weighted_sum(int rows, int inputs, int outputs)
    {
        WeightedSum(rows, inputs, outputs, scaleGradient: true).Check();
        WeightedSum(rows, inputs, outputs, scaleGradient: false).Check();
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        using var device = new CpuDevice(1);
        using var arena = new Arena(device, "test");
        var tape = new Tape(arena, ForwardMode.Training);
        var failure = Assert.Throws<ArgumentException>(
            () => tape.Linear(tape.NewTensor(3, 4), tape.NewTensor(2, 5), Tensor.None, tape.NewTensor(3, 2)));
        Assert.Equal("A linear layer (2, 5) over 1 token(s) can't map (3, 4) to (3, 2).", failure.Message);
    }

    private static TapeOperation Layer(int rows, int inputs, int outputs, int tokens, int gap, bool bias = true, bool inputGradient = true) => new(
        [new(rows, inputs * tokens, gap) { WantsGradient = inputGradient }, new(outputs, inputs), new(1, outputs) { WantsGradient = bias }],
        [new(rows, outputs * tokens, gap)],
        (tape, x, y) => tape.Linear(x[0], x[1], bias ? x[2] : Tensor.None, y[0], tokens),
        x => [Definitions.Linear(x[0], x[1], bias ? x[2] : null, tokens)])
    {
        // Gradients of weights are sums over all rows and tokens: the rounding of up to 1,200 products.
        Tolerance = new Tolerance(rows > 100 ? 3e-5 : 5e-6, 1e-5),
    };

    private static TapeOperation WeightedSum(int rows, int inputs, int outputs, bool scaleGradient) => new(
        [new(rows, inputs), new(outputs, inputs), new(1, outputs), new(rows, 1) { WantsGradient = scaleGradient }],
        [new(rows, outputs)],
        (tape, x, y) => tape.LinearOfWeightedSum(x[0], x[1], x[2], x[3], y[0]),
        x =>
        {
            var product = Definitions.Linear(x[0], x[1], null);
            return [DoubleMatrix.Of(rows, outputs, (i, j) => product[i, j] + (x[3][i, 0] * x[2][0, j]))];
        });
}
