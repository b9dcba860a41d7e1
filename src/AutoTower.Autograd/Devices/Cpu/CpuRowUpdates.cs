using System.Runtime.CompilerServices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>The parts of an update that go row by row (<see cref="RowTable"/>): rows that are not touched cost nothing.</summary>
internal static unsafe class CpuRowUpdates
{
    /// <summary>Places or rows a chunk; independent of the number of threads.</summary>
    private const int Grain = 128;

    /// <summary>Finds the rows, each at the first place that names it, and lets them catch up.</summary>
    public static void Prepare(CpuThreads threads, AdamReplay replay, TouchedRows touched)
    {
        var first = 0;
        foreach (var lookup in touched.Lookups)
        {
            Claim(threads, touched, lookup, first);
            first += lookup.Places;
        }

        threads.For(touched.Rows.Length, Grain, (begin, end) =>
        {
            var rows = touched.Rows.AsSpan();
            var owners = touched.Table.Owners.AsSpan();
            for (var place = begin; place < end; place++)
            {
                var row = rows[place];
                rows[place] = row >= 0 && owners[row] == Mark(place) ? row : -1;
            }

            replay.CatchUp(touched.Table, rows[begin..end]);
        });
    }

    /// <summary>Lets all rows of a table catch up.</summary>
    public static void CatchUp(CpuThreads threads, AdamReplay replay, RowTable table) => threads.For(table.Rows, Grain, (begin, end) =>
    {
        Span<int> rows = stackalloc int[Grain];
        for (var row = begin; row < end; row++)
        {
            rows[row - begin] = row;
        }

        replay.CatchUp(table, rows[..(end - begin)]);
    });

    /// <summary>Calls <paramref name="body"/> for each chunk of places and each row found there.</summary>
    public static void ForEachRow(CpuThreads threads, TouchedRows touched, Action<int, int> body) =>
        threads.For(touched.Rows.Length, Grain, (begin, end) =>
        {
            foreach (var row in touched.Rows.AsSpan()[begin..end])
            {
                if (row >= 0)
                {
                    body(begin / Grain, row);
                }
            }
        });

    /// <summary>Chunks that <see cref="ForEachRow"/> counts.</summary>
    public static int Chunks(TouchedRows touched) => (touched.Rows.Length + Grain - 1) / Grain;

    // The first place that names a row gets it: its mark is the largest.
    private static void Claim(CpuThreads threads, TouchedRows touched, RowLookup lookup, int first) =>
        threads.For(lookup.Ids.Length, Grain, (begin, end) =>
        {
            var owners = touched.Table.Owners.AsSpan();
            for (var i = begin; i < end; i++)
            {
                var id = lookup.Ids.AsSpan()[i];
                var found = id == 0 ? [] : FieldRows.Of(lookup.Field, id);
                for (var j = 0; j < lookup.MostValues; j++)
                {
                    var place = first + (i * lookup.MostValues) + j;
                    var row = j < found.Length ? found[j] : -1;
                    touched.Rows.AsSpan()[place] = row;
                    if (row >= 0)
                    {
                        RaiseTo(ref owners[row], Mark(place));
                    }
                }
            }
        });

    private static int Mark(int place) => int.MaxValue - place;

    private static void RaiseTo(ref int target, int value)
    {
        var seen = Volatile.Read(ref target);
        while (seen < value)
        {
            var before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
