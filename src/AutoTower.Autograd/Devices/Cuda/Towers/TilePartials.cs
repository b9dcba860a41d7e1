using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>
/// What the tiles of a launch contribute to batch norm, and how the next launch finds it: in the engine's scratch memory, two places in turn
/// for each tower, and a third one where tiles are so many that they are merged first (kernels/towers_merge.cu).
/// </summary>
internal sealed class TilePartials(CudaEngine engine)
{
    private const int Threads = 256;
    private const int Width = 64;

    // Up to this many tiles every block of the next launch reads all of them; more are merged to about half as many.
    private const int MostTiles = 128;
    private readonly CudaKernel _merge = engine.Kernel("towers_merge.cu", "towers_merge");
    private nint _memory;
    private nint _bytes;
    private int _batch;
    private int _groups;
    private int _factor;
    private int _rows;

    /// <summary>Rows of a tile in the launch before.</summary>
    public int PreviousRows => _rows;

    /// <summary>Rows of a tile in what the next launch reads.</summary>
    public int MergedRows => _rows * _factor;

    /// <summary>Starts a pass.</summary>
    /// <param name="batch">Examples of a group.</param>
    /// <param name="groups">Batches side by side.</param>
    public void Begin(int batch, int groups)
    {
        (_batch, _groups, _factor, _rows) = (batch, groups, 1, TowerMemory.TileRows);
        _bytes = (nint)groups * Tiles(TowerMemory.TileRows) * Width * 2 * sizeof(float);
        _memory = engine.Scratch.Reserve(6L * _bytes);
    }

    /// <summary>Where the launch of a stage writes.</summary>
    /// <param name="tower">0 or 1.</param>
    /// <param name="stage">The stage.</param>
    public nint Written(int tower, int stage) => _memory + (((3 * tower) + (stage % 2)) * _bytes);

    /// <summary>Where it reads what the launch before wrote.</summary>
    /// <param name="tower">0 or 1.</param>
    /// <param name="stage">The stage.</param>
    public nint Read(int tower, int stage) => _factor > 1 ? Merged(tower) : Written(tower, stage + 1);

    /// <summary>Called behind a launch; merges what it wrote where that is much.</summary>
    /// <param name="rows">Rows of its tiles.</param>
    /// <param name="stages">The stage of each tower in it; -1 where a tower wrote nothing.</param>
    /// <param name="isForward">Statistics, or the sums of a backward pass.</param>
    public void End(int rows, ReadOnlySpan<int> stages, bool isForward)
    {
        var tiles = Tiles(rows);
        _rows = rows;
        _factor = tiles <= MostTiles ? 1 : TowerMemory.Pieces(tiles, MostTiles / 2);
        if (_factor == 1 || !stages.ContainsAnyExcept(-1))
        {
            return;
        }

        var launch = new MergeLaunch { Batch = _batch, Groups = _groups, Rows = rows, Factor = _factor, Statistics = isForward ? 1 : 0 };
        for (var tower = 0; tower < stages.Length; tower++)
        {
            launch.Tiles[tower] = stages[tower] == -1 ? 0 : Written(tower, stages[tower]);
            launch.Merged[tower] = Merged(tower);
        }

        var outputs = _groups * TowerMemory.Pieces(tiles, _factor) * Width;
        _merge.Launch(engine.Stream, new Dim3(TowerMemory.Pieces(outputs, Threads), stages.Length), Threads, 0, in launch);
    }

    private int Tiles(int rows) => TowerMemory.Pieces(_batch, rows);

    private nint Merged(int tower) => _memory + (((3 * tower) + 2) * _bytes);

    /// <summary>The argument of a launch, laid out as <c>Merge</c> in kernels/towers_merge.cu.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MergeLaunch
    {
        public Pair Tiles;
        public Pair Merged;
        public int Batch;
        public int Groups;
        public int Rows;
        public int Factor;
        public int Statistics;

        [InlineArray(2)]
        public struct Pair
        {
            private nint _first;
        }
    }
}
