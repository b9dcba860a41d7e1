namespace AutoTower.Autograd.Devices.Cpu.Gemm;

/// <summary>
/// One operand in the order in which the micro-kernel reads it: for each block of k, panels of <see cref="PanelWidth"/> neighbouring rows
/// (of A) or columns (of B), and in a panel all of them for each k. A panel that sticks out is filled with zeros.
/// </summary>
internal readonly unsafe struct PackedMatrix(float* data, int depth, int lines, int panelWidth)
{
    /// <summary>The cut of k.</summary>
    public DepthBlocks Blocks { get; } = new(depth);

    /// <summary>Rows of A or columns of B.</summary>
    public int Lines => lines;

    /// <summary>Lines a panel.</summary>
    public int PanelWidth => panelWidth;

    /// <summary>Number of panels.</summary>
    public int Panels => (lines + panelWidth - 1) / panelWidth;

    /// <summary>Elements that a packed matrix takes.</summary>
    public static long Size(int depth, int lines, int panelWidth) => (long)depth * ((lines + panelWidth - 1) / panelWidth * panelWidth);

    /// <summary>Address of a panel in a block.</summary>
    public float* Panel(int block, int panel) =>
        data + (nint)Blocks.Start(block) * Panels * panelWidth + (nint)panel * Blocks.LengthOf(block) * panelWidth;
}
