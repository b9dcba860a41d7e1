using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AutoTower.Autograd.Devices.Cpu.Gemm;

/// <summary>
/// The innermost product: a 6 x 16 tile of C held in twelve vector registers while a block of k passes by. Every element is one chain of
/// fused multiply-adds in the order of k, whatever tile it lies in, so results do not depend on how C is cut.
/// </summary>
internal static unsafe class MicroKernel
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 6;

    /// <summary>Columns of a tile: two vectors of eight.</summary>
    public const int Columns = 16;

    /// <summary>c[r][column + j] = (accumulate ? c[r][column + j] : initial[j]) + sum over k of a[r][k * aStep] * b[16 k + j], j = 0..15.</summary>
    /// <param name="depth">Number of k.</param>
    /// <param name="a">Six pointers to the first elements of rows of A.</param>
    /// <param name="aStep">Distance from one k to the next in A.</param>
    /// <param name="b">Panel of B: 16 elements for each k.</param>
    /// <param name="c">Six pointers to rows of C.</param>
    /// <param name="column">First column of the tile.</param>
    /// <param name="initial">16 elements, or null for zeros; read where not accumulating.</param>
    /// <param name="accumulate">Whether C is added to.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int depth, float** a, nint aStep, float* b, float** c, nint column, float* initial, bool accumulate)
    {
        float* a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5];
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<float> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        nint at = 0;
        var end = b + (nint)depth * Columns;
        while (b < end)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 8);
            var value = Vector256.Create(a0[at]);
            c00 = Vector256.MultiplyAddEstimate(value, b0, c00);
            c01 = Vector256.MultiplyAddEstimate(value, b1, c01);
            value = Vector256.Create(a1[at]);
            c10 = Vector256.MultiplyAddEstimate(value, b0, c10);
            c11 = Vector256.MultiplyAddEstimate(value, b1, c11);
            value = Vector256.Create(a2[at]);
            c20 = Vector256.MultiplyAddEstimate(value, b0, c20);
            c21 = Vector256.MultiplyAddEstimate(value, b1, c21);
            value = Vector256.Create(a3[at]);
            c30 = Vector256.MultiplyAddEstimate(value, b0, c30);
            c31 = Vector256.MultiplyAddEstimate(value, b1, c31);
            value = Vector256.Create(a4[at]);
            c40 = Vector256.MultiplyAddEstimate(value, b0, c40);
            c41 = Vector256.MultiplyAddEstimate(value, b1, c41);
            value = Vector256.Create(a5[at]);
            c50 = Vector256.MultiplyAddEstimate(value, b0, c50);
            c51 = Vector256.MultiplyAddEstimate(value, b1, c51);
            at += aStep;
            b += Columns;
        }

        if (accumulate)
        {
            Add(c[0] + column, c00, c01);
            Add(c[1] + column, c10, c11);
            Add(c[2] + column, c20, c21);
            Add(c[3] + column, c30, c31);
            Add(c[4] + column, c40, c41);
            Add(c[5] + column, c50, c51);
            return;
        }

        var initial0 = initial == null ? default : Vector256.Load(initial);
        var initial1 = initial == null ? default : Vector256.Load(initial + 8);
        Store(c[0] + column, c00 + initial0, c01 + initial1);
        Store(c[1] + column, c10 + initial0, c11 + initial1);
        Store(c[2] + column, c20 + initial0, c21 + initial1);
        Store(c[3] + column, c30 + initial0, c31 + initial1);
        Store(c[4] + column, c40 + initial0, c41 + initial1);
        Store(c[5] + column, c50 + initial0, c51 + initial1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* row, Vector256<float> low, Vector256<float> high) =>
        Store(row, low + Vector256.Load(row), high + Vector256.Load(row + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* row, Vector256<float> low, Vector256<float> high)
    {
        low.Store(row);
        high.Store(row + 8);
    }
}
