using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>Shared memory that the tower kernels need, in bytes; mirrors how they divide it (kernels/towers_forward.cu and towers_backward.cu).</summary>
internal static class TowerMemory
{
    public const int TileRows = 16;
    private const int Width = 64;
    private const int PreStride = Width + 4;

    // Of the memory for sums, for each 16 rows of a tile.
    private const int SumFloats = TileRows * 8 * (Width + 16);

    // What undoes the scale of a row, for each of a tile.
    private const int InverseFloats = 1;

    // kernels/common/half_rows.cuh and kernels/tile_softmax.cu
    private const int HalfRowStride = (2 * 2 * Width) + 16;
    private const int SoftmaxColumns = 1024;
    private const int SoftmaxWarps = 16;

    /// <summary>Pieces of <paramref name="length"/> that cover <paramref name="whole"/>.</summary>
    public static int Pieces(int whole, int length) => (whole + length - 1) / length;

    /// <summary>One forward stage for tiles of 16 * <paramref name="rowTiles"/> rows.</summary>
    public static int Forward(TowerPath path, int stage, int rowTiles) =>
        ForwardBytes(rowTiles, Padded((stage + 1) * Width), ForwardStage(path, stage, rowTiles));

    /// <summary>All forward stages in one launch, for tiles of 16 rows.</summary>
    public static int ResidentForward(TowerPath path)
    {
        var stage = Enumerable.Range(0, path.Blocks.Count).Max(stage => ForwardStage(path, stage, 1));
        return ForwardBytes(1, (2 * Padded(path.Blocks.Count * Width)) + PreStride, stage);
    }

    /// <summary>One backward stage.</summary>
    public static int Backward(TowerPath path, int stage) => BackwardBytes(Padded(Width), BackwardStage(path, stage));

    /// <summary>All backward stages in one launch.</summary>
    public static int ResidentBackward(TowerPath path)
    {
        var stage = Enumerable.Range(0, path.Blocks.Count).Max(stage => BackwardStage(path, stage));
        return BackwardBytes(2 * Padded(path.Blocks.Count * Width), stage);
    }

    /// <summary>Sums over rows of a batch softmax: the rows, and for each warp a tile of the other side.</summary>
    public static int SoftmaxSums() => (1 + SoftmaxWarps) * TileRows * HalfRowStride;

    /// <summary>Gradients of a batch softmax, for which each warp has <paramref name="stages"/> tiles of the other side on their way.</summary>
    public static int SoftmaxGradients(int stages) =>
        (TileRows * HalfRowStride) + ((TileRows + SoftmaxColumns) * 2 * sizeof(float)) + (SoftmaxWarps * stages * TileRows * HalfRowStride);

    private static int ForwardBytes(int rowTiles, int states, int stage) =>
        ((rowTiles * (SumFloats + (TileRows * (InverseFloats + PreStride + states)))) + (5 * Width) + stage) * sizeof(float);

    // What a stage needs for itself: the bias of its first layer and intermediate results.
    private static int ForwardStage(TowerPath path, int stage, int rowTiles)
    {
        var inputs = stage + 1;
        var block = path.Blocks[stage];
        var work = block.Kind switch
        {
            TowerBlockKind.Mlp => Padded(block.Parameter),
            TowerBlockKind.Elementwise => Padded(Width),
            _ => Padded(Projected(block, inputs)) + Padded(block.Output.Weight.Columns),
        };
        var floats = Padded(block.First?.Weight.Rows ?? 0) + (rowTiles * TileRows * work);
        return stage == 0 ? Math.Max(floats, rowTiles * TileRows * Padded(path.InputWidth)) : floats;
    }

    private static int BackwardBytes(int states, int stage) =>
        (SumFloats + (2 * Width) + (2 * ((3 * Width) + (TileRows * PreStride)))
            + (TileRows * (InverseFloats + Padded(Width) + states + stage))) * sizeof(float);

    // Floats a row.
    private static int BackwardStage(TowerPath path, int stage)
    {
        var inputs = stage + 1;
        var block = path.Blocks[stage];
        var floats = block.Kind switch
        {
            TowerBlockKind.Mlp => Padded(block.Parameter),
            TowerBlockKind.Elementwise => 0,
            _ => (2 * Padded(Projected(block, inputs))) + Padded(block.Output.Weight.Columns) + (2 * block.Parameter * inputs * inputs),
        };
        return stage == 0 ? Math.Max(floats, Padded(path.InputWidth)) : floats;
    }

    private static int Projected(TowerBlock block, int inputs) => inputs * block.First!.Weight.Rows;

    private static int Padded(int width) => ((width + 31) / 32 * 32) + 16;
}
