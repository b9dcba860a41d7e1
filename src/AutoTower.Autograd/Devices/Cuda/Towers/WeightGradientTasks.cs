using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>One linear layer of a grouped launch, laid out as <c>Task</c> in kernels/weight_gradients.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WeightGradientTask
{
    public nint Left;
    public nint Right;
    public nint Result;
    public nint Bias;
    public int LeftStride;
    public int RightStride;
    public int LeftColumns;
    public int RightColumns;
    public int Rows;
    public int Tokens;
    public int FirstBlock;
    public int Chunks;
    public int ChunkRows;
    public int LeftIsWide;
    public int Tower;
}

/// <summary>The linear layers of both towers, laid out as <c>Tasks</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WeightGradientTasks
{
    // A tile is wide on one side and narrow on the other.
    private const int Wide = 128;
    private const int Narrow = 64;
    private const int RowStep = 32;

    // Starting a block and adding up its tile takes about as long as computing so many rows.
    private const int FewestRows = 128;

    // With more, what the last one leaves idle matters little.
    private const int MostWaves = 4;

    public List Of;
    public Flags Done;
    public nint Counter;
    public int Count;

    /// <summary>Adds result (M, N) += leftᵀ right and bias (M) += column sums of left.</summary>
    /// <param name="left">(rows, tokens * M): gradient of the layer's output.</param>
    /// <param name="right">(rows, tokens * N): its input, possibly a strided view; with tokens, N is 64.</param>
    /// <param name="weight">(M, N).</param>
    /// <param name="bias">(1, M).</param>
    /// <param name="tokens">Column groups of each row that pass the same layer.</param>
    /// <param name="tower">0 or 1.</param>
    public void Add(Matrix left, Matrix right, Matrix weight, Matrix bias, int tokens, int tower)
    {
        Of[Count++] = new WeightGradientTask
        {
            Left = left.Address,
            Right = right.Address,
            Result = weight.Address,
            Bias = bias.Address,
            LeftStride = left.Stride / tokens,
            RightStride = right.Stride,
            LeftColumns = weight.Rows,
            RightColumns = weight.Columns,
            Rows = left.Rows * tokens,
            Tokens = tokens,
            Tower = tower,
            LeftIsWide = Tiles(weight.Rows, weight.Columns, leftIsWide: true) < Tiles(weight.Rows, weight.Columns, leftIsWide: false) ? 1 : 0,
        };
    }

    /// <summary>Cuts the tasks into blocks of about the same number of rows, and returns how many there are.</summary>
    /// <param name="residentBlocks">Blocks that run at once; a launch takes as long as its waves of so many, so they are filled.</param>
    /// <param name="deterministic">Whether a tile must be computed by one block.</param>
    public int Schedule(int residentBlocks, bool deterministic)
    {
        var longest = 0;
        var rowsOfTiles = 0L;
        foreach (ref readonly var task in Of[..Count])
        {
            longest = Math.Max(longest, task.Rows);
            rowsOfTiles += (long)Tiles(task) * task.Rows;
        }

        var chosen = longest;
        var least = long.MaxValue;
        for (var waves = 1; waves <= MostWaves && !deterministic; waves++)
        {
            var most = waves * residentBlocks;
            var rows = TowerMemory.Pieces((int)Math.Max(FewestRows, rowsOfTiles / most), RowStep) * RowStep;
            while (rows < longest && Cut(rows) > most)
            {
                rows += RowStep;
            }

            var time = (long)TowerMemory.Pieces(Cut(rows), residentBlocks) * (Math.Min(rows, longest) + FewestRows);
            if (time < least)
            {
                (chosen, least) = (rows, time);
            }
        }

        return Cut(chosen);
    }

    // Blocks of `rowsOfBlock` rows at most.
    private int Cut(int rowsOfBlock)
    {
        var blocks = 0;
        foreach (ref var task in Of[..Count])
        {
            var chunks = TowerMemory.Pieces(task.Rows, rowsOfBlock);
            task.ChunkRows = TowerMemory.Pieces(task.Rows, chunks * RowStep) * RowStep;
            task.Chunks = TowerMemory.Pieces(task.Rows, task.ChunkRows);
            task.FirstBlock = blocks;
            blocks += Tiles(task) * task.Chunks;
        }

        return blocks;
    }

    private static int Tiles(in WeightGradientTask task) => Tiles(task.LeftColumns, task.RightColumns, task.LeftIsWide != 0);

    private static int Tiles(int leftColumns, int rightColumns, bool leftIsWide) =>
        TowerMemory.Pieces(leftColumns, leftIsWide ? Wide : Narrow) * TowerMemory.Pieces(rightColumns, leftIsWide ? Narrow : Wide);

    [InlineArray(2)]
    public struct Flags
    {
        private nint _first;
    }

    [InlineArray(32)]
    public struct List
    {
        private WeightGradientTask _first;
    }
}
