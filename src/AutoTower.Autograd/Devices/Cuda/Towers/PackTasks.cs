using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AutoTower.Autograd.Devices.Cuda.Towers;

/// <summary>One linear layer to pack, laid out as <c>Weights</c> in kernels/pack_weights.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PackTask
{
    public nint Weight;
    public nint Forward;
    public nint Backward;
    public int Out;
    public int In;
    public int FirstBlock;
}

/// <summary>The layers of a launch, laid out as <c>Layers</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PackTasks
{
    private const int Warps = 8;
    private const int PatchRows = 8;
    private const int PatchColumns = 16;

    public List Of;
    public int Count;

    /// <summary>Adds a weight (out, in) and returns the blocks of the launch so far.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="forward">Its packed form for y = x wᵀ, of <see cref="Bytes"/>.</param>
    /// <param name="backward">For dx = dy w.</param>
    /// <param name="firstBlock">Blocks of the layers before.</param>
    public int Add(Matrix weight, nint forward, nint backward, int firstBlock)
    {
        Of[Count++] = new PackTask
        {
            Weight = weight.Address,
            Forward = forward,
            Backward = backward,
            Out = weight.Rows,
            In = weight.Columns,
            FirstBlock = firstBlock,
        };
        var patches = Padded(weight.Rows) / PatchRows * (Padded(weight.Columns) / PatchColumns);
        return firstBlock + ((patches + Warps - 1) / Warps);
    }

    /// <summary>Bytes that one packed form of a weight takes at most.</summary>
    public static long Bytes(Matrix weight) => (long)Padded(weight.Rows) * Padded(weight.Columns) * sizeof(float);

    // Rows and columns are filled up with zeros, so that products need not ask where a weight ends.
    private static int Padded(int count) => (count + 31) / 32 * 32;

    [InlineArray(32)]
    public struct List
    {
        private PackTask _first;
    }
}
