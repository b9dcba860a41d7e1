namespace AutoTower.Autograd.Devices.Cpu.Gemm;

/// <summary>
/// A, either packed or as it lies in memory: where k runs along its rows, the micro-kernel broadcasts straight from them, which saves
/// the copy of the (long) batch side.
/// </summary>
internal readonly unsafe struct LeftOperand
{
    private readonly RowView _rows;
    private readonly PackedMatrix _packed;
    private readonly bool _isPacked;

    /// <summary>A as it lies in memory.</summary>
    public LeftOperand(RowView rows) => _rows = rows;

    /// <summary>A in panels of six rows.</summary>
    public LeftOperand(PackedMatrix packed)
    {
        _packed = packed;
        _isPacked = true;
    }

    /// <summary>Distance from one k to the next.</summary>
    public nint Step => _isPacked ? MicroKernel.Rows : 1;

    /// <summary>
    /// Finds the rows from <paramref name="first"/> (a multiple of six where packed) to <paramref name="end"/> at a block of k that starts
    /// at <paramref name="k"/>. The last one is repeated up to a multiple of six: computed, never stored.
    /// </summary>
    public void Rows(int first, int end, int block, int k, float** rows)
    {
        for (var row = first; row < end; row++)
        {
            if (_isPacked)
            {
                var (panel, line) = Math.DivRem(row, MicroKernel.Rows);
                rows[row - first] = _packed.Panel(block, panel) + line;
            }
            else
            {
                rows[row - first] = _rows.Row(row) + k;
            }
        }

        for (var count = end - first; count % MicroKernel.Rows != 0; count++)
        {
            rows[count] = rows[count - 1];
        }
    }
}
