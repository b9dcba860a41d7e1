using AutoTower.Autograd.Devices.Cpu.Gemm;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed unsafe class CpuLossKernels(CpuThreads threads) : ILossKernels
{
    /// <summary>Rows of the (B, B) scores that one thread computes and normalises while they are in its cache.</summary>
    private const int ScoreRows = 8 * MicroKernel.Rows;
    private const int ElementsAChunk = 8192;

    public void UpdateItemFrequencies(ItemFrequencies frequencies, IntegerArray items, IntegerArray clock, Matrix logProbability)
    {
        Shape.Require(logProbability, 1, items.Length);
        Shape.Require(frequencies.Interval, 1, frequencies.LastSeen.Length);
        var ids = new ReadOnlySpan<int>((int*)items.Address, items.Length);
        var lastSeen = new Span<int>((int*)frequencies.LastSeen.Address, frequencies.LastSeen.Length);
        var interval = new Span<float>((float*)frequencies.Interval.Address, lastSeen.Length);
        var logarithms = new Span<float>((float*)logProbability.Address, ids.Length);
        var step = *(int*)clock.Address;
        double rate = frequencies.Rate;
        for (var i = 0; i < ids.Length; i++)
        {
            var id = ids[i];
            interval[id] = (float)((1 - rate) * interval[id] + rate * (step - lastSeen[id]));
            lastSeen[id] = step;
            logarithms[i] = interval[id] > 0 ? -MathF.Log(interval[id]) : 0;
        }
    }

    public void BatchSoftmaxForward(
        Matrix users, Matrix items, Matrix logProbability, Matrix rewards, float temperature, Matrix probabilities, Matrix loss)
    {
        var batch = users.Rows;
        Shape.Require(items, batch, users.Columns);
        Shape.RequireIfPresent(logProbability, 1, batch);
        Shape.RequireIfPresent(rewards, 1, batch);
        Shape.RequireIfPresent(probabilities, batch, batch);
        Shape.Require(loss, 1, 1);
        using var panels = threads.Scratch.Rent<float>(PackedMatrix.Size(users.Columns, batch, MicroKernel.Columns));
        using var terms = threads.Scratch.Rent<double>(batch);
        var packedItems = Product.Pack(threads, new RowView(items), true, panels);
        var left = new LeftOperand(new RowView(users));
        var logSoftmax = terms.Pointer; // (B)
        threads.For(batch, ScoreRows, (first, end) =>
        {
            using var aside = threads.Scratch.Rent<float>(probabilities.IsAbsent ? (long)ScoreRows * batch : 0);
            var scores = probabilities.IsAbsent ? new Matrix((nint)aside.Pointer, end - first, batch) : probabilities.SliceRows(first, end - first);
            Tile.Multiply(left, packedItems, new RowView(scores), (-first, 0), (first, end), (0, packedItems.Panels), null, false);
            for (var i = first; i < end; i++)
            {
                logSoftmax[i] = SoftmaxRow.Apply(Row(scores, i - first), batch, temperature, (float*)logProbability.Address, i);
            }
        });

        var sum = 0.0;
        for (var i = 0; i < batch; i++)
        {
            sum += Reward(rewards, i) * logSoftmax[i];
        }

        *(float*)loss.Address += (float)(-sum / batch);
    }

    public void BatchSoftmaxBackward(
        Matrix users, Matrix items, Matrix rewards, float temperature, Matrix probabilities, Matrix dUsers, Matrix dItems)
    {
        var batch = users.Rows;
        Shape.Require(items, batch, users.Columns);
        Shape.RequireIfPresent(rewards, 1, batch);
        Shape.Require(probabilities, batch, batch);
        Shape.Require(dUsers, batch, users.Columns);
        Shape.Require(dItems, batch, users.Columns);
        threads.For(batch, ScoreRows, (first, end) =>
        {
            for (var i = first; i < end; i++)
            {
                var row = Row(probabilities, i); // (B)
                row[i] -= 1;
                VectorScale.Scale(row, batch, Reward(rewards, i) / (batch * temperature));
            }
        });
        var g = new RowView(probabilities);
        Product.Multiply(threads, g, false, new RowView(items), false, new RowView(dUsers), null, accumulate: true);
        Product.Multiply(threads, g, true, new RowView(users), false, new RowView(dItems), null, accumulate: true);
    }

    public void FrobeniusForward(Matrix x, float coefficient, Matrix norm, Matrix loss)
    {
        Shape.Require(norm, 1, 1);
        Shape.Require(loss, 1, 1);
        var value = Math.Sqrt(SquareSums.Of(threads, x));
        *(float*)norm.Address = (float)value;
        *(float*)loss.Address += (float)(coefficient * value);
    }

    public void FrobeniusBackward(Matrix x, float coefficient, Matrix norm, Matrix dx)
    {
        Shape.Require(norm, 1, 1);
        Shape.Require(dx, x.Rows, x.Columns);
        var value = *(float*)norm.Address;
        if (value == 0)
        {
            return;
        }

        threads.For(x.Rows, Math.Max(1, ElementsAChunk / Math.Max(1, x.Columns)), (first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                VectorScale.AddScaled(Row(dx, row), Row(x, row), coefficient / value, x.Columns);
            }
        });
    }

    private static float Reward(Matrix rewards, int i) => rewards.IsAbsent ? 1 : ((float*)rewards.Address)[i];

    private static float* Row(Matrix matrix, int row) => (float*)matrix.Address + (nint)row * matrix.Stride;
}
