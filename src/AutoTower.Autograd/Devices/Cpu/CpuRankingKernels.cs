using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AutoTower.Autograd.Devices.Cpu.Gemm;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>
/// Items are the left operand and queries the packed right one, so that a row of a tile holds one item's scores for sixteen queries: one
/// comparison with sixteen thresholds tells whether any of them wants it. The scores live in one tile at a time.
/// </summary>
internal sealed unsafe class CpuRankingKernels(CpuThreads threads) : IRankingKernels
{
    private const int LargestK = 1024;
    private const int PanelsAChunk = 2;

    public void TopK(Matrix queries, Matrix items, Exclusions exclusions, int k, IntegerArray indices, Matrix scores)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, LargestK);
        Shape.Require(items, items.Rows, queries.Columns);
        Shape.Require(indices, queries.Rows * k);
        Shape.Require(scores, queries.Rows, k);
        using var panels = threads.Scratch.Rent<float>(PackedMatrix.Size(queries.Columns, queries.Rows, MicroKernel.Columns));
        var packedQueries = Product.Pack(threads, new RowView(queries), true, panels);
        var left = new LeftOperand(new RowView(items));
        threads.For(packedQueries.Panels, PanelsAChunk, (first, end) =>
        {
            var firstQuery = first * MicroKernel.Columns;
            var count = Math.Min(queries.Rows, end * MicroKernel.Columns) - firstQuery;
            using var tile = threads.Scratch.Rent<float>(Tile.RowsAtOnce * PanelsAChunk * MicroKernel.Columns);
            using var keys = threads.Scratch.Rent<ulong>((long)TopSelection.Room(k) * count);
            var selections = new TopSelection[count];
            Span<float> thresholds = stackalloc float[PanelsAChunk * MicroKernel.Columns];
            thresholds.Fill(float.NaN); // Everything beats it.
            for (var query = 0; query < count; query++)
            {
                selections[query] = new TopSelection(keys.Pointer + (nint)TopSelection.Room(k) * query, k);
            }

            for (var item = 0; item < items.Rows; item += Tile.RowsAtOnce)
            {
                var itemEnd = Math.Min(items.Rows, item + Tile.RowsAtOnce);
                for (var panel = first; panel < end; panel++)
                {
                    var part = (panel - first) * MicroKernel.Columns;
                    var lanes = Math.Min(MicroKernel.Columns, count - part);
                    var products = new Matrix((nint)tile.Pointer, itemEnd - item, MicroKernel.Columns);
                    Tile.Multiply(
                        left, packedQueries, new RowView(products), (-item, -panel * MicroKernel.Columns), (item, itemEnd), (panel, panel + 1), null, false);
                    Select(
                        products, item, lanes, exclusions, firstQuery + part, selections.AsSpan(part, lanes), thresholds.Slice(part, MicroKernel.Columns));
                }
            }

            for (var query = 0; query < count; query++)
            {
                Write(selections[query].Finish(), (int*)indices.Address + (nint)(firstQuery + query) * k, Row(scores, firstQuery + query));
            }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Select(
        Matrix products, int firstItem, int lanes, Exclusions exclusions, int firstQuery, Span<TopSelection> selections, Span<float> thresholds)
    {
        var low = Vector256.Create<float>(thresholds);
        var high = Vector256.Create<float>(thresholds[8..]);
        for (var i = 0; i < products.Rows; i++)
        {
            var row = Row(products, i); // (16)
            var beaten = Vector256.LessThanOrEqual(Vector256.Load(row), low).ExtractMostSignificantBits()
                | Vector256.LessThanOrEqual(Vector256.Load(row + 8), high).ExtractMostSignificantBits() << 8;
            for (var wanted = ~beaten & ((1u << lanes) - 1); wanted != 0; wanted &= wanted - 1)
            {
                var lane = System.Numerics.BitOperations.TrailingZeroCount(wanted);
                if (!IsExcluded(exclusions, firstQuery + lane, firstItem + i) && selections[lane].Offer(row[lane], firstItem + i))
                {
                    thresholds[lane] = selections[lane].Threshold;
                    low = Vector256.Create<float>(thresholds);
                    high = Vector256.Create<float>(thresholds[8..]);
                }
            }
        }
    }

    private static bool IsExcluded(Exclusions exclusions, int query, int item)
    {
        if (exclusions.Offsets.IsAbsent)
        {
            return false;
        }

        var offsets = (int*)exclusions.Offsets.Address;
        return new ReadOnlySpan<int>((int*)exclusions.Items.Address + offsets[query], offsets[query + 1] - offsets[query]).BinarySearch(item) >= 0;
    }

    private static void Write(ReadOnlySpan<ulong> keys, int* indices, float* scores)
    {
        for (var i = 0; i < keys.Length; i++)
        {
            indices[i] = RankedScore.Index(keys[i]);
            scores[i] = RankedScore.Score(keys[i]);
        }
    }

    private static float* Row(Matrix matrix, int row) => (float*)matrix.Address + (nint)row * matrix.Stride;
}
