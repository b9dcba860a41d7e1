using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>Updates that rows missed, with gradient zero (<see cref="RowTable"/>).</summary>
/// <param name="slabs">All parameters.</param>
/// <param name="rule">The update.</param>
internal readonly unsafe struct AdamReplay(ParameterSlabs slabs, AdamRule rule)
{
    private readonly AdamRates _rates = new(rule.Settings);

    /// <summary>First element of a row in the slabs.</summary>
    public static nint Place(RowTable table, int row) => (nint)(table.Offset + ((long)row * table.Columns));

    /// <summary>Replays what each of <paramref name="rows"/> has missed, up to R updates after its last gradient; -1 is no row.</summary>
    public void CatchUp(RowTable table, ReadOnlySpan<int> rows)
    {
        // Two rows side by side, because an update waits for the square root and the quotients of the one before.
        var waiting = default(Missed);
        foreach (var row in rows)
        {
            if (row < 0 || Take(table, row) is not { Count: > 0 } missed)
            {
                continue;
            }

            if (waiting.Count == 0)
            {
                waiting = missed;
                continue;
            }

            Replay(waiting, missed, table.Columns);
            waiting = default;
        }

        Replay(waiting, 0, table.Columns);
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

    /// <summary>Updates of the table so far.</summary>
    private int Updates(RowTable table) => slabs.StepCounts.AsSpan()[table.Counter];

    private Missed Take(RowTable table, int row)
    {
        ref var done = ref table.CaughtUp.AsSpan()[row];
        var last = table.LastGradient.AsSpan()[row];
        var missed = new Missed(Place(table, row), done, last + Math.Min(Updates(table) - last, rule.Replayed) - done);
        done += Math.Max(0, missed.Count);
        return missed;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Replay(Missed a, Missed b, int columns)
    {
        var rates = _rates;
        var common = Math.Min(a.Count, b.Count);
        var i = 0;
        for (; i + 16 <= columns; i += 16)
        {
            var a1 = Load(a.Place + i);
            var a2 = Load(a.Place + i + 8);
            var b1 = Load(b.Place + i);
            var b2 = Load(b.Place + i + 8);
            for (var k = 1; k <= common; k++)
            {
                var ofA = AdamCorrection.Of(rule.Corrections, a.Done + k);
                var ofB = AdamCorrection.Of(rule.Corrections, b.Done + k);
                rates.Move(ref a1.W, Vector256<float>.Zero, ref a1.M, ref a1.V, ofA);
                rates.Move(ref a2.W, Vector256<float>.Zero, ref a2.M, ref a2.V, ofA);
                rates.Move(ref b1.W, Vector256<float>.Zero, ref b1.M, ref b1.V, ofB);
                rates.Move(ref b2.W, Vector256<float>.Zero, ref b2.M, ref b2.V, ofB);
            }

            Store(a.Place + i, a1);
            Store(a.Place + i + 8, a2);
            Store(b.Place + i, b1);
            Store(b.Place + i + 8, b2);
        }

        Replay(a.After(common), 0, i);
        Replay(b.After(common), 0, i);
        Replay(a, i, columns);
        Replay(b, i, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Replay(Missed row, int first, int end)
    {
        var rates = _rates;
        var i = row.Count == 0 ? end : first;
        for (; i + 8 <= end; i += 8)
        {
            var values = Load(row.Place + i);
            for (var k = 1; k <= row.Count; k++)
            {
                rates.Move(ref values.W, Vector256<float>.Zero, ref values.M, ref values.V, AdamCorrection.Of(rule.Corrections, row.Done + k));
            }

            Store(row.Place + i, values);
        }

        for (; i < end; i++)
        {
            var at = row.Place + i;
            float w = ((float*)slabs.Values)[at], m = ((float*)slabs.FirstMoments)[at], v = ((float*)slabs.SecondMoments)[at];
            for (var k = 1; k <= row.Count; k++)
            {
                rates.Move(ref w, 0f, ref m, ref v, AdamCorrection.Of(rule.Corrections, row.Done + k));
            }

            ((float*)slabs.Values)[at] = w;
            ((float*)slabs.FirstMoments)[at] = m;
            ((float*)slabs.SecondMoments)[at] = v;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Eight Load(nint at) => new()
    {
        W = Vector256.Load((float*)slabs.Values + at),
        M = Vector256.Load((float*)slabs.FirstMoments + at),
        V = Vector256.Load((float*)slabs.SecondMoments + at),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(nint at, Eight values)
    {
        values.W.Store((float*)slabs.Values + at);
        values.M.Store((float*)slabs.FirstMoments + at);
        values.V.Store((float*)slabs.SecondMoments + at);
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

    /// <summary>What a row has to replay.</summary>
    /// <param name="Place">First element in the slabs.</param>
    /// <param name="Done">Updates up to which it is exact.</param>
    /// <param name="Count">Updates to replay.</param>
    private readonly record struct Missed(nint Place, int Done, int Count)
    {
        public Missed After(int replayed) => new(Place, Done + replayed, Count - replayed);
    }

    /// <summary>Eight values with their moments.</summary>
    private struct Eight
    {
        public Vector256<float> W;
        public Vector256<float> M;
        public Vector256<float> V;
    }
}
