using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>Grid and scratch memory of the kernels built on kernels/common/column_sums.cuh: sums over rows in a fixed order.</summary>
internal readonly struct ColumnSums
{
    /// <summary>Threads of a block.</summary>
    public const int Block = 256;

    private const int RowsAChunk = 128;
    private const int MostChunks = 64;

    public ColumnSums(CudaEngine engine, int rows, int columns)
    {
        var groups = (columns + CudaEngine.Warp - 1) / CudaEngine.Warp;
        // Chunks spread few columns over the device; with many, one block a group of columns fills it already.
        var chunks = groups > engine.Counters.Length ? 1 : Math.Clamp(rows / RowsAChunk, 1, MostChunks);
        Grid = new Dim3(groups, chunks);
        Partials = chunks == 1 ? 0 : engine.Scratch.Reserve((long)chunks * columns * sizeof(float));
    }

    /// <summary>Groups of columns by chunks of rows.</summary>
    public Dim3 Grid { get; }

    /// <summary>The chunks' sums, (chunks, columns); 0 for one chunk.</summary>
    public nint Partials { get; }
}
