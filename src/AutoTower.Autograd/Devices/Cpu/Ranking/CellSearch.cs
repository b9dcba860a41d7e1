using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AutoTower.Autograd.Devices.Cpu.Gemm;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu.Ranking;

/// <summary>
/// One thread's search of some items for some queries. Items are the left operand and queries the packed right one, so that a row of a
/// tile holds one item's scores for sixteen queries: one comparison with sixteen thresholds tells whether any of them wants it. The
/// scores live in one tile at a time.
/// </summary>
internal sealed unsafe class CellSearch(ScratchMemory scratch, PackedMatrix queries, ItemRows items, Exclusions exclusions, int k)
{
    private const int Lanes = MicroKernel.Columns;

    /// <summary>Panels of sixteen queries.</summary>
    public int Panels => queries.Panels;

    /// <summary>Hands the sorted keys of each query of the panels to <paramref name="found"/>, filled up with missing ones.</summary>
    /// <param name="panels">First panel and end.</param>
    /// <param name="range">First item and end.</param>
    /// <param name="found">Gets the query's number and its k keys.</param>
    public void Run((int First, int End) panels, (int First, int End) range, FoundKeys found)
    {
        var firstQuery = panels.First * Lanes;
        var count = Math.Min(queries.Lines, panels.End * Lanes) - firstQuery;
        using var tile = scratch.Rent<float>(Tile.RowsAtOnce * Lanes + items.ScratchSize(Tile.RowsAtOnce));
        using var keys = scratch.Rent<ulong>((long)TopSelection.Room(k) * count);
        var selections = new TopSelection[count];
        for (var query = 0; query < count; query++)
        {
            selections[query] = new TopSelection(keys.Pointer + (nint)TopSelection.Room(k) * query, k);
        }

        Span<float> thresholds = stackalloc float[(panels.End - panels.First) * Lanes];
        thresholds.Fill(float.NaN); // Everything beats it.
        for (var item = range.First; item < range.End; item += Tile.RowsAtOnce)
        {
            var end = Math.Min(range.End, item + Tile.RowsAtOnce);
            var rows = new LeftOperand(items.Tile(item, end, tile.Pointer + Tile.RowsAtOnce * Lanes));
            var products = new Matrix((nint)tile.Pointer, end - item, Lanes);
            for (var panel = panels.First; panel < panels.End; panel++)
            {
                var part = (panel - panels.First) * Lanes;
                var lanes = Math.Min(Lanes, count - part);
                Tile.Multiply(rows, queries, new RowView(products), (0, -panel * Lanes), (0, end - item), (panel, panel + 1), null, false);
                Select(products, item, firstQuery + part, selections.AsSpan(part, lanes), thresholds.Slice(part, Lanes));
            }
        }

        for (var query = 0; query < count; query++)
        {
            found(firstQuery + query, selections[query].Finish());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Select(Matrix products, int firstItem, int firstQuery, Span<TopSelection> selections, Span<float> thresholds)
    {
        var hasBias = !items.Table.Bias.IsAbsent;
        var low = Vector256.Create<float>(thresholds);
        var high = Vector256.Create<float>(thresholds[8..]);
        var inside = (1u << selections.Length) - 1;
        for (var i = 0; i < products.Rows; i++)
        {
            var row = (float*)products.Address + (nint)i * Lanes; // (16)
            if (hasBias)
            {
                var bias = Vector256.Create(items.Bias(firstItem + i));
                (Vector256.Load(row) + bias).Store(row);
                (Vector256.Load(row + 8) + bias).Store(row + 8);
            }

            var beaten = Vector256.LessThanOrEqual(Vector256.Load(row), low).ExtractMostSignificantBits()
                | Vector256.LessThanOrEqual(Vector256.Load(row + 8), high).ExtractMostSignificantBits() << 8;
            var wanted = ~beaten & inside;
            if (wanted == 0 || !items.IsAllowed(firstItem + i))
            {
                continue;
            }

            for (; wanted != 0; wanted &= wanted - 1)
            {
                var lane = BitOperations.TrailingZeroCount(wanted);
                if (!IsExcluded(firstQuery + lane, firstItem + i) && selections[lane].Offer(row[lane], firstItem + i))
                {
                    thresholds[lane] = selections[lane].Threshold;
                    low = Vector256.Create<float>(thresholds);
                    high = Vector256.Create<float>(thresholds[8..]);
                }
            }
        }
    }

    private bool IsExcluded(int query, int item)
    {
        if (exclusions.Offsets.IsAbsent)
        {
            return false;
        }

        var offsets = (int*)exclusions.Offsets.Address;
        return new ReadOnlySpan<int>((int*)exclusions.Items.Address + offsets[query], offsets[query + 1] - offsets[query]).BinarySearch(item) >= 0;
    }

    /// <summary>Takes what was found for a query: k sorted keys, valid during the call.</summary>
    public delegate void FoundKeys(int query, ReadOnlySpan<ulong> keys);
}
