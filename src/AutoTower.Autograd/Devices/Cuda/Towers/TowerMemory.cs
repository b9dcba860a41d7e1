using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>Shared memory that the tower kernels need, in bytes; mirrors how they divide it (kernels/towers_forward.cu and towers_backward.cu).</summary>
internal static class TowerMemory
{
    public const int TileRows = 16;
    private const int Width = 64;
    private const int PartialFloats = 16 * 32 * TileRows;

    // What undoes the scale of a row, for each of a tile.
    private const int InverseFloats = 1;

    // kernels/common/half_rows.cuh and kernels/tile_softmax.cu
    private const int HalfRowStride = (2 * 2 * Width) + 16;
    private const int SoftmaxColumns = 1024;
    private const int SoftmaxWarps = 16;

    /// <summary>Pieces of <paramref name="length"/> that cover <paramref name="whole"/>.</summary>
    public static int Pieces(int whole, int length) => (whole + length - 1) / length;

    /// <summary>A forward stage for tiles of 16 * <paramref name="rowTiles"/> rows.</summary>
    public static int Forward(TowerPath path, int stage, int rowTiles)
    {
        var inputs = stage + 1;
        var block = path.Blocks[stage];
        var work = block.Kind switch
        {
            TowerBlockKind.Mlp => Padded(block.Parameter),
            TowerBlockKind.Elementwise => Padded(Width),
            _ => Projected(block, inputs) + 4 + Padded(block.Output.Weight.Columns),
        };
        if (stage == 0)
        {
            work = Math.Max(work, Padded(path.InputWidth));
        }

        return rowTiles * (PartialFloats + (TileRows * (InverseFloats + Padded(inputs * Width) + work))) * sizeof(float);
    }

    /// <summary>A backward stage.</summary>
    public static int Backward(TowerPath path, int stage)
    {
        var inputs = stage + 1;
        var block = path.Blocks[stage];
        var work = block.Kind switch
        {
            TowerBlockKind.Mlp => Padded(block.Parameter),
            TowerBlockKind.Elementwise => Padded(Width),
            _ => Projected(block, inputs) + 4 + Padded(Projected(block, inputs)) + Padded(block.Output.Weight.Columns)
                + (2 * block.Parameter * inputs * inputs),
        };
        return (PartialFloats + (TileRows * (InverseFloats + (2 * Padded(Width)) + work))) * sizeof(float);
    }

    /// <summary>Sums over rows of a batch softmax: the rows, and for each warp a tile of the other side.</summary>
    public static int SoftmaxSums() => (1 + SoftmaxWarps) * TileRows * HalfRowStride;

    /// <summary>Gradients of a batch softmax, for which each warp has <paramref name="stages"/> tiles of the other side on their way.</summary>
    public static int SoftmaxGradients(int stages) =>
        (TileRows * HalfRowStride) + ((TileRows + SoftmaxColumns) * 2 * sizeof(float)) + (SoftmaxWarps * stages * TileRows * HalfRowStride);

    private static int Projected(TowerBlock block, int inputs) => inputs * block.First!.Weight.Rows;

    private static int Padded(int width) => ((width + 31) / 32 * 32) + 16;
}
