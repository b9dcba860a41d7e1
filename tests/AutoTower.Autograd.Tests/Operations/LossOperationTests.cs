using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Operations;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Autograd.Tests.Operations;

public class LossOperationTests
{
    [Theory]
    [InlineData(1, 1, false, false)]
    [InlineData(1, 5, true, true)]
    [InlineData(7, 5, false, false)]
    [InlineData(7, 5, true, false)]
    [InlineData(23, 9, true, true)]
    public void Batch_softmax_with_duplicated_items(int batch, int width, bool corrected, bool rewarded) =>
        Softmax(batch, width, corrected, rewarded).Check();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(13, 17)]
    public void Frobenius_penalty(int rows, int columns) => new TapeOperation(
        [new(rows, columns, 1)],
        [Operand.Loss],
        (tape, x, y) => tape.FrobeniusPenalty(x[0], 0.25f, y[0].Value),
        x => [DoubleMatrix.Of(1, 1, (_, _) => 0.25 * Definitions.FrobeniusNorm(x[0]))]).Check();

    [Fact]
    public void Terms_add_up() => new TapeOperation(
        [new(5, 3), new(5, 3)],
        [Operand.Loss],
        (tape, x, y) =>
        {
            tape.BatchSoftmax(x[0], x[1], Matrix.None, Matrix.None, 0.5f, y[0].Value);
            tape.FrobeniusPenalty(x[0], 0.125f, y[0].Value);
            tape.FrobeniusPenalty(x[1], 0.5f, y[0].Value);
        },
        x => [DoubleMatrix.Of(1, 1, (_, _) => Definitions.BatchSoftmax(x[0], x[1], null, null, 0.5)
            + (0.125 * Definitions.FrobeniusNorm(x[0])) + (0.5 * Definitions.FrobeniusNorm(x[1])))]).Check();

    [Fact]
    public void Users_and_items_of_different_shapes_are_named()
    {
        using var device = new Autograd.Devices.Cpu.CpuDevice(1);
        var operation = Softmax(3, 4, false, false);
        var failure = Assert.Throws<ArgumentException>(
            () => (operation with { Inputs = [new(3, 4), new(3, 5), new(1, 3), new(1, 3)] }).ExecuteOn(device));
        Assert.Equal("Users (3, 4) and items (3, 5) differ in shape.", failure.Message);
    }

    private static TapeOperation Softmax(int batch, int width, bool corrected, bool rewarded) => new(
        [
            new(batch, width, 1),
            new(batch, width, 2),
            new(1, batch) { Scale = 3, WantsGradient = false },
            new(1, batch) { WantsGradient = false },
        ],
        [Operand.Loss],
        (tape, x, y) => tape.BatchSoftmax(
            x[0], x[1], corrected ? x[2].Value : Matrix.None, rewarded ? x[3].Value : Matrix.None, 0.25f, y[0].Value),
        x => [DoubleMatrix.Of(1, 1, (_, _) => Definitions.BatchSoftmax(x[0], x[1], corrected ? x[2].Data : null, rewarded ? x[3].Data : null, 0.25))])
    {
        // Every third item is the item two places before it.
        Prepare = inputs =>
        {
            for (var i = 2; i < batch; i += 3)
            {
                inputs[1].Row(i - 2).CopyTo(inputs[1].Row(i));
                inputs[2][0, i] = inputs[2][0, i - 2];
            }
        },

        // Logits reach +-40, where a float has errors of 2e-6, which the exponential turns into relative ones.
        Tolerance = new Tolerance(1e-5, 2e-5),
    };
}
