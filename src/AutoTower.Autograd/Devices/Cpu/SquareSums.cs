using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>Sums of squares in double: a norm over millions of elements loses digits in float.</summary>
internal static unsafe class SquareSums
{
    private const int ElementsAChunk = 8192;

    /// <summary>The sum of the squares of all elements, over fixed chunks of rows and then over the chunks in order.</summary>
    public static double Of(CpuThreads threads, Matrix x)
    {
        var rows = Math.Max(1, ElementsAChunk / Math.Max(1, x.Columns));
        var chunks = (x.Rows + rows - 1) / rows;
        using var memory = threads.Scratch.Rent<double>(chunks);
        var partial = memory.Pointer;
        threads.For(x.Rows, rows, (first, end) =>
        {
            var sum = 0.0;
            for (var row = first; row < end; row++)
            {
                sum += Of((float*)x.Address + (nint)row * x.Stride, x.Columns);
            }

            partial[first / rows] = sum;
        });
        var total = 0.0;
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            total += partial[chunk];
        }

        return total;
    }

    /// <summary>The sum of the squares of <paramref name="length"/> elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Of(float* x, int length)
    {
        Vector256<double> even = default, odd = default;
        var i = 0;
        for (; i + 8 <= length; i += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.Load(x + i));
            even += low * low;
            odd += high * high;
        }

        var sum = Vector256.Sum(even + odd);
        for (; i < length; i++)
        {
            sum += (double)x[i] * x[i];
        }

        return sum;
    }
}
