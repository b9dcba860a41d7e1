using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>Updates that a row missed, with gradient zero (<see cref="RowTable"/>).</summary>
/// <param name="slabs">All parameters.</param>
/// <param name="rule">The update.</param>
internal readonly unsafe struct AdamReplay(ParameterSlabs slabs, AdamRule rule)
{
    private readonly AdamRates _rates = new(rule.Settings);

    /// <summary>Replays what <paramref name="row"/> has missed, up to R updates after its last gradient.</summary>
    public void CatchUp(RowTable table, int row)
    {
        ref var done = ref table.CaughtUp.AsSpan()[row];
        var last = table.LastGradient.AsSpan()[row];
        var end = last + Math.Min(Updates(table) - last, rule.Replayed);
        if (done < end)
        {
            var at = Place(table, row);
            Replay((float*)slabs.Values + at, (float*)slabs.FirstMoments + at, (float*)slabs.SecondMoments + at, table.Columns, done, end);
            done = end;
        }
    }

    /// <summary>Lets the moments of <paramref name="row"/> decay by the updates that it missed and that are not replayed.</summary>
    public void DecayMoments(RowTable table, int row)
    {
        var missed = Updates(table) - table.CaughtUp.AsSpan()[row];
        if (missed > 0)
        {
            var at = Place(table, row);
            Scale((float*)slabs.FirstMoments + at, table.Columns, Power(rule.Settings.Beta1, missed));
            Scale((float*)slabs.SecondMoments + at, table.Columns, Power(rule.Settings.Beta2, missed));
        }
    }

    /// <summary>First element of a row in the slabs.</summary>
    public static nint Place(RowTable table, int row) => (nint)(table.Offset + ((long)row * table.Columns));

    /// <summary>Updates of the table so far.</summary>
    private int Updates(RowTable table) => slabs.StepCounts.AsSpan()[table.Counter];

    // Two vectors side by side, because each waits for square root and quotients.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Replay(float* value, float* first, float* second, int length, int done, int end)
    {
        var rates = _rates;
        var i = 0;
        for (; i + 16 <= length; i += 16)
        {
            Vector256<float> w = Vector256.Load(value + i), m = Vector256.Load(first + i), v = Vector256.Load(second + i);
            Vector256<float> w2 = Vector256.Load(value + i + 8), m2 = Vector256.Load(first + i + 8), v2 = Vector256.Load(second + i + 8);
            for (var step = done + 1; step <= end; step++)
            {
                var correction = AdamCorrection.Of(rule.Corrections, step);
                rates.Move(ref w, Vector256<float>.Zero, ref m, ref v, correction);
                rates.Move(ref w2, Vector256<float>.Zero, ref m2, ref v2, correction);
            }

            w.Store(value + i);
            m.Store(first + i);
            v.Store(second + i);
            w2.Store(value + i + 8);
            m2.Store(first + i + 8);
            v2.Store(second + i + 8);
        }

        for (; i < length; i++)
        {
            for (var step = done + 1; step <= end; step++)
            {
                rates.Move(ref value[i], 0f, ref first[i], ref second[i], AdamCorrection.Of(rule.Corrections, step));
            }
        }
    }

    private static void Scale(float* values, int length, float factor)
    {
        for (var i = 0; i < length; i++)
        {
            values[i] *= factor;
        }
    }

    // By squaring, in double: the same bits on every device, which a library's power does not promise.
    private static float Power(float factor, int exponent)
    {
        double power = 1, square = factor;
        for (; exponent > 0; exponent >>= 1)
        {
            power = (exponent & 1) != 0 ? power * square : power;
            square *= square;
        }

        return (float)power;
    }
}
