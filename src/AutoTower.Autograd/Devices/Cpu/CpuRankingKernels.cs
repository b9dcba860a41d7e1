using AutoTower.Autograd.Devices.Cpu.Gemm;
using AutoTower.Autograd.Devices.Cpu.Ranking;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>
/// Exact top-K: a grid of (some queries) x (some items) cells, each searched by one thread, then a merge. Keys are distinct, so the cut of
/// the grid does not show in the result.
/// </summary>
internal sealed unsafe class CpuRankingKernels(CpuThreads threads) : IRankingKernels
{
    /// <summary>Queries of a cell, in panels: enough that the items that pass by are used often, few enough for the second-level cache.</summary>
    private const int PanelsACell = 8;

    /// <summary>Cells for each thread, so that all end at about the same time.</summary>
    private const int CellsAThread = 4;

    /// <summary>Fewer items than this are not worth a cell of their own.</summary>
    private const int FewestItemsACell = 4096;

    public PreparedItems Prepare(ItemTable items)
    {
        items.RequireConsistent();
        return new PreparedItems(items);
    }

    public void TopK(Matrix queries, PreparedItems items, Exclusions exclusions, int k, IntegerArray indices, Matrix scores)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, IRankingKernels.LargestK);
        var table = items.Table;
        Shape.Require(queries, queries.Rows, table.Columns);
        Shape.Require(indices, queries.Rows * k);
        Shape.Require(scores, queries.Rows, k);
        if (queries.Rows == 0)
        {
            return;
        }

        using var panels = threads.Scratch.Rent<float>(PackedMatrix.Size(queries.Columns, queries.Rows, MicroKernel.Columns));
        var search = new CellSearch(
            threads.Scratch, Product.Pack(threads, new RowView(queries), true, panels), new ItemRows(table), exclusions, k);
        var groups = (search.Panels + PanelsACell - 1) / PanelsACell;
        var parts = Parts(groups, table.Rows);
        using var found = threads.Scratch.Rent<ulong>((long)queries.Rows * parts * k); // (N, parts, k)
        threads.Run(groups * parts, cell =>
        {
            var (group, part) = Math.DivRem(cell, parts);
            var firstPanel = group * PanelsACell;
            search.Run(
                (firstPanel, Math.Min(search.Panels, firstPanel + PanelsACell)),
                (First(table.Rows, part, parts), First(table.Rows, part + 1, parts)),
                (query, keys) => keys.CopyTo(new Span<ulong>(found.Pointer + ((nint)query * parts + part) * k, k)));
        });
        threads.For(queries.Rows, MicroKernel.Columns, (first, end) =>
        {
            for (var query = first; query < end; query++)
            {
                var keys = new Span<ulong>(found.Pointer + (nint)query * parts * k, parts * k);
                if (parts > 1)
                {
                    keys.Sort();
                }

                Write(keys[..k], (int*)indices.Address + (nint)query * k, (float*)scores.Address + (nint)query * scores.Stride);
            }
        });
    }

    private int Parts(int groups, int items)
    {
        var wanted = (CellsAThread * threads.Count + groups - 1) / groups;
        return groups >= threads.Count * 2 ? 1 : Math.Clamp(items / FewestItemsACell, 1, wanted);
    }

    private static int First(int items, int part, int parts) => (int)((long)items * part / parts);

    private static void Write(ReadOnlySpan<ulong> keys, int* indices, float* scores)
    {
        for (var i = 0; i < keys.Length; i++)
        {
            indices[i] = RankedScore.Index(keys[i]);
            scores[i] = RankedScore.Score(keys[i]);
        }
    }
}
