using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Random;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed class CpuBatchKernels(CpuThreads threads) : IBatchKernels
{
    private const int ExamplesAChunk = 256;

    public void AssembleShuffled(InteractionTable table, IntegerArray pool, ulong seed, IntegerArray clock, BatchArrays batch)
    {
        var size = batch.Users.Length;
        var batches = Math.Max(1, pool.Length / size);
        var step = clock.AsSpan()[0] - 1;
        var order = new Shuffle(pool.Length, seed, (uint)(step / batches));
        var start = (long)(step % batches) * size;
        threads.For(size, ExamplesAChunk, (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                Fill(table, pool.AsSpan()[order[(int)((start + i) % pool.Length)]], i, batch);
            }
        });
    }

    public void AssembleNext(InteractionTable table, IntegerArray pool, ulong seed, IntegerArray clock, IntegerArray next, BatchArrays batch)
    {
        next.AsSpan()[0] = clock.AsSpan()[0] + 1;
        AssembleShuffled(table, pool, seed, next, batch);
    }

    public void Assemble(InteractionTable table, IntegerArray interactions, BatchArrays batch)
    {
        Shape.Require(interactions, batch.Users.Length);
        threads.For(interactions.Length, ExamplesAChunk, (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                Fill(table, interactions.AsSpan()[i], i, batch);
            }
        });
    }

    public void Advance(IntegerArray clock) => clock.AsSpan()[0]++;

    private static void Fill(InteractionTable table, int interaction, int index, BatchArrays batch)
    {
        var user = table.Users.AsSpan()[interaction];
        var length = Math.Min(table.HistoryLength, interaction - table.UserOffsets.AsSpan()[user]);
        batch.Users.AsSpan()[index] = user;
        batch.Items.AsSpan()[index] = table.Items.AsSpan()[interaction];
        batch.Lengths.AsSpan()[index] = length;
        if (!table.Weights.IsAbsent && !batch.Rewards.IsAbsent)
        {
            batch.Rewards.Row(0)[index] = table.Weights.Row(0)[interaction];
        }

        var history = batch.History.AsSpan().Slice(index * table.HistoryLength, table.HistoryLength);
        history[..^length].Clear();
        table.Items.AsSpan().Slice(interaction - length, length).CopyTo(history[^length..]);
    }
}
