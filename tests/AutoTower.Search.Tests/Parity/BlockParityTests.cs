using AutoTower.Autograd.Devices;
using AutoTower.Search.Space;

namespace AutoTower.Search.Tests.Parity;

/// <summary>Every block type at every position it may have, and every pooling, one at a time.</summary>
public sealed class BlockParityTests(ParityWorlds worlds) : ModelParityTest(worlds)
{
    public static TheoryData<string> Blocks => [.. BlockRegistry.All.Select(type => type.Name)];

    public static TheoryData<string> Poolings => [.. PoolingRegistry.All.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Every_block_at_every_position(string name)
    {
        var type = BlockRegistry.Find(name);
        var batch = Worlds.IsEmulated ? 33 : 1024;
        for (var inputs = type.MinimumInputs; inputs <= SearchSpace.MaximumBlocks; inputs++)
        {
            var shape = new BlockShape(inputs, 64, 64, 8);
            CompareModule((batch, shape.ConcatenatedWidth), (batch, shape.OutputWidth), group => type.Build(group, shape).Forward);
        }
    }

    [Theory]
    [MemberData(nameof(Poolings))]
    public void Every_pooling(string name)
    {
        var type = PoolingRegistry.Find(name);
        foreach (var (length, width) in new[] { (20, 48), (40, 96), (50, 32), (1, 16) })
        {
            var batch = Worlds.IsEmulated ? 2 * length : 1024;
            int[] lengths = [.. Enumerable.Range(0, batch).Select(b => b % (length + 1))];
            CompareModule((batch * length, width), (batch, width), group =>
            {
                var pooling = type.Build(group, length, width);
                return (tape, history, output) =>
                {
                    var onDevice = tape.Arena.NewIntegers(batch);
                    tape.Device.Upload<int>(lengths, onDevice.Address);
                    pooling.Forward(tape, history, onDevice, output);
                };
            });
        }
    }
}
