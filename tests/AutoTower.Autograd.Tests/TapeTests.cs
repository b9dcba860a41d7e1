using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Memory;

namespace AutoTower.Autograd.Tests;

public class TapeTests
{
    [Fact]
    public void What_was_recorded_runs_last_first_and_once()
    {
        using var device = new CpuDevice(1);
        using var arena = new Arena(device, "test");
        var tape = new Tape(arena, ForwardMode.Training);
        var order = new List<int>();
        tape.Record(() => order.Add(1));
        tape.Record(() => order.Add(2));
        tape.Backward();
        tape.Backward();
        Assert.Equal([2, 1], order);
    }

    [Fact]
    public unsafe void Gradients_of_activations_start_from_zero()
    {
        using var device = new CpuDevice(1);
        using var arena = new Arena(device, "test");
        var tape = new Tape(arena, ForwardMode.Training);
        var tensor = tape.NewTensor(3, 4);
        Assert.True(tensor.WantsGradient);
        new Span<float>((float*)tensor.Gradient.Address, 12).Fill(3);
        var seen = new float[12];
        tape.Record(() => new Span<float>((float*)tensor.Gradient.Address, 12).CopyTo(seen));
        tape.Backward();
        Assert.All(seen, gradient => Assert.Equal(0, gradient));
    }

    [Theory]
    [InlineData(ForwardMode.Recalibration)]
    [InlineData(ForwardMode.Inference)]
    public void Without_training_there_are_no_gradients_and_no_backward_pass(ForwardMode mode)
    {
        using var device = new CpuDevice(1);
        using var arena = new Arena(device, "test");
        var tape = new Tape(arena, mode);
        Assert.False(tape.NewTensor(3, 4).WantsGradient);
        tape.Record(() => Assert.Fail("Nothing is recorded."));
        var failure = Assert.Throws<InvalidOperationException>(tape.Backward);
        Assert.Equal($"A tape in mode {mode} records nothing to run backward.", failure.Message);
    }
}
