using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda.Ranking;

/// <summary>
/// Exact top-K by a matrix of scores: launches of ranking.cu for as many queries at a time as scratch memory holds scores of.
/// </summary>
internal sealed class CudaPlainRankingKernels(CudaEngine engine) : IRankingKernels
{
    private const int Threads = 256;
    private const int SelectThreads = 512;
    private const int QueryTile = 16;
    private const int ItemTile = 64;

    /// <summary>Most scores, in bytes, that are held at once.</summary>
    private const long ScoreBytes = 256L << 20;

    private readonly CudaKernel _score = engine.Kernel("ranking.cu", "ranking_score");
    private readonly CudaKernel _exclude = engine.Kernel("ranking.cu", "ranking_exclude");
    private readonly CudaKernel _select = engine.Kernel("ranking.cu", "ranking_select");

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
        var queriesAtOnce = (int)Math.Clamp(ScoreBytes / sizeof(float) / Math.Max(1, table.Rows), 1, Math.Max(1, queries.Rows));
        var memory = engine.Scratch.Reserve((long)queriesAtOnce * table.Rows * sizeof(float));
        for (var first = 0; first < queries.Rows; first += queriesAtOnce)
        {
            var count = Math.Min(queriesAtOnce, queries.Rows - first);
            var codes = new Matrix(memory, count, table.Rows);
            var tiles = (long)Dim3.Cover(count, QueryTile).X * Dim3.Cover(table.Rows, ItemTile).X;
            engine.Launch(
                _score,
                checked((int)tiles),
                Threads,
                0,
                queries.SliceRows(first, count),
                table.Address,
                table.Stride,
                table.Format == VectorFormat.BFloat16 ? 1 : 0,
                table.Bias.Address,
                table.Allowed.Address,
                codes);
            if (!exclusions.Offsets.IsAbsent)
            {
                engine.Launch(_exclude, count, Threads, 0, codes, exclusions.Offsets.Address, exclusions.Items.Address, first);
            }

            engine.Launch(_select, count, SelectThreads, 0, codes, k, indices.Slice(first * k, count * k).Address, scores.SliceRows(first, count));
        }
    }
}
