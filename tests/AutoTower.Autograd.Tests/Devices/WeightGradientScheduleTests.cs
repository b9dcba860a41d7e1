using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cuda.Towers;

namespace AutoTower.Autograd.Tests.Devices;

/// <summary>Holds the schedule of the grouped weight gradients to what the kernel relies on, and to waves that are full.</summary>
public sealed class WeightGradientScheduleTests
{
    private const int ResidentBlocks = 264; // two on each of an H200's 132 multiprocessors

    [Theory]
    [InlineData(1, false)]
    [InlineData(37, false)]
    [InlineData(1024, false)]
    [InlineData(1000, true)]
    [InlineData(16384, false)]
    public void Blocks_cover_every_row_of_every_tile_once(int batch, bool deterministic)
    {
        var tasks = Layers(batch, (256, 64, 1), (64, 256, 1), (192, 64, 3), (64, 64, 1), (36, 64, 1));
        var blocks = tasks.Schedule(ResidentBlocks, deterministic);
        var next = 0;
        foreach (ref readonly var task in tasks.Of[..tasks.Count])
        {
            Assert.Equal(next, task.FirstBlock);
            Assert.InRange(task.Rows, ((task.Chunks - 1) * task.ChunkRows) + 1, task.Chunks * task.ChunkRows);
            Assert.True(!deterministic || task.Chunks == 1);
            next += Tiles(task) * task.Chunks;
        }

        Assert.Equal(next, blocks);
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(16384)]
    public void The_last_wave_of_blocks_is_nearly_full(int batch)
    {
        var tasks = Layers(batch, (1024, 64, 1), (64, 1024, 1), (512, 128, 1), (64, 512, 1), (192, 64, 3), (64, 192, 1), (64, 112, 1));
        var blocks = tasks.Schedule(ResidentBlocks, deterministic: false);
        var waves = (blocks + ResidentBlocks - 1) / ResidentBlocks;
        Assert.InRange(blocks, waves * ResidentBlocks * 3 / 4, waves * ResidentBlocks);
    }

    private static WeightGradientTasks Layers(int batch, params (int Outputs, int Inputs, int Tokens)[] layers)
    {
        var tasks = default(WeightGradientTasks);
        foreach (var (outputs, inputs, tokens) in layers)
        {
            tasks.Add(
                new Matrix(0, batch, tokens * outputs, tokens * outputs),
                new Matrix(0, batch, tokens * inputs, tokens * inputs),
                new Matrix(0, outputs, inputs, inputs),
                new Matrix(0, 1, outputs, outputs),
                tokens,
                tower: 0);
        }

        return tasks;
    }

    private static int Tiles(in WeightGradientTask task) =>
        (task.LeftColumns + (task.LeftIsWide != 0 ? 127 : 63)) / (task.LeftIsWide != 0 ? 128 : 64)
        * ((task.RightColumns + (task.LeftIsWide != 0 ? 63 : 127)) / (task.LeftIsWide != 0 ? 64 : 128));
}
