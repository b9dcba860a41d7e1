namespace AutoTower.Autograd.Devices.Cpu.Gemm;

/// <summary>
/// The cut of the summation index k into blocks of nearly equal length, short enough for a panel of B to stay in the first-level cache.
/// It depends on the depth alone, so that a sum has one order.
/// </summary>
internal readonly record struct DepthBlocks
{
    private const int Longest = 320;

    /// <summary>Cuts [0, <paramref name="depth"/>).</summary>
    public DepthBlocks(int depth)
    {
        Depth = depth;
        Count = Math.Max(1, (depth + Longest - 1) / Longest);
        Length = (depth + Count - 1) / Count;
    }

    /// <summary>Number of k.</summary>
    public int Depth { get; }

    /// <summary>Number of blocks, at least one.</summary>
    public int Count { get; }

    /// <summary>Number of k in every block but the last, which may have fewer.</summary>
    public int Length { get; }

    /// <summary>First k of a block.</summary>
    public int Start(int block) => Math.Min(Depth, block * Length);

    /// <summary>Number of k in a block.</summary>
    public int LengthOf(int block) => Start(block + 1) - Start(block);
}
