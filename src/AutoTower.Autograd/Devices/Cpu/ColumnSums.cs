using AutoTower.Autograd.Devices.Cpu.Gemm;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>Sums over the batch, for gradients of biases: per fixed chunk of rows, then over the chunks in order.</summary>
internal static unsafe class ColumnSums
{
    private const int RowsAChunk = 256;

    /// <summary>sums[j] += sum over i of scale[i] x[i, j].</summary>
    /// <param name="threads">Who computes.</param>
    /// <param name="x">(N, D).</param>
    /// <param name="scale">(N, 1), or absent for ones.</param>
    /// <param name="sums">D elements.</param>
    public static void Add(CpuThreads threads, RowView x, Matrix scale, float* sums)
    {
        var width = x.Width;
        var chunks = (x.Rows + RowsAChunk - 1) / RowsAChunk;
        using var memory = threads.Scratch.Rent<float>((long)chunks * width);
        var partial = memory.Pointer;
        threads.For(x.Rows, RowsAChunk, (first, end) => Sum(x, scale, first, end, partial + (nint)(first / RowsAChunk) * width));
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            VectorScale.AddScaled(sums, partial + (nint)chunk * width, 1, width);
        }
    }

    private static void Sum(RowView x, Matrix scale, int first, int end, float* partial)
    {
        new Span<float>(partial, x.Width).Clear();
        for (var row = first; row < end; row++)
        {
            var factor = scale.IsAbsent ? 1 : ((float*)scale.Address)[(nint)row * scale.Stride];
            VectorScale.AddScaled(partial, x.Row(row), factor, x.Width);
        }
    }
}
