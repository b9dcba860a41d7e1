using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Memory;
using CsCheck;

namespace AutoTower.Autograd.Tests.Memory;

public class ArenaTests
{
    [Fact]
    public void From_the_second_equal_step_on_addresses_repeat_and_nothing_is_allocated()
    {
        using var device = new CpuDevice(1);
        using var arena = new Arena(device, "test");
        nint[] Step()
        {
            arena.Reset();
            return [.. new[] { 3, 700_000, 1, 2_000_000, 5 }.SelectMany(rows =>
            {
                var tensor = arena.NewTensor(rows, 1, withGradient: true);
                return new[] { tensor.Value.Address, tensor.Gradient.Address };
            })];
        }

        Step();
        var second = Step();
        var held = device.LiveBytes;
        Assert.Equal(second, Step());
        Assert.Equal(held, device.LiveBytes);
    }

    [Fact]
    public void What_is_taken_is_aligned_and_does_not_overlap() => Gen.Int[0, 400_000].Array[1, 12].Sample(
        lengths =>
        {
            using var device = new CpuDevice(1);
            using var arena = new Arena(device, "test");
            var ranges = lengths.Select(length => (First: arena.NewIntegers(length).Address, Bytes: length * sizeof(int)))
                .OrderBy(range => range.First).ToArray();
            Assert.All(ranges, range => Assert.Equal(0, range.First % 64));
            Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.True(pair.First.First + pair.First.Bytes <= pair.Second.First));
        },
        iter: 50,
        threads: 1);

    [Fact]
    public unsafe void Gradients_are_zeroed_and_values_are_not()
    {
        using var device = new CpuDevice(1);
        using var arena = new Arena(device, "test");
        var small = arena.NewTensor(2, 3, withGradient: true);
        var large = arena.NewTensor(600_000, 1, withGradient: true); // in a chunk of its own
        var without = arena.NewTensor(2, 3, withGradient: false);
        Assert.True(without.Gradient.IsAbsent);
        foreach (var tensor in new[] { small, large })
        {
            new Span<float>((float*)tensor.Value.Address, (int)tensor.Value.Count).Fill(7);
            new Span<float>((float*)tensor.Gradient.Address, (int)tensor.Gradient.Count).Fill(7);
        }

        arena.ZeroGradients();
        foreach (var tensor in new[] { small, large })
        {
            Assert.Equal(-1, new Span<float>((float*)tensor.Gradient.Address, (int)tensor.Gradient.Count).IndexOfAnyExcept(0f));
            Assert.Equal(-1, new Span<float>((float*)tensor.Value.Address, (int)tensor.Value.Count).IndexOfAnyExcept(7f));
        }
    }

    [Fact]
    public void Everything_is_given_back()
    {
        using var device = new CpuDevice(1);
        var arena = new Arena(device, "test");
        arena.NewTensor(1000, 1000, withGradient: true);
        Assert.True(arena.UsedBytes >= 8_000_000);
        arena.Reset();
        Assert.Equal(0, arena.UsedBytes);
        arena.Dispose();
        Assert.Equal(0, device.LiveBytes);
    }
}
