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
    /// Finds the six rows from <paramref name="first"/> (a multiple of six where packed) at a block of k.
    /// Rows from <paramref name="end"/> on repeat the last one: computed, never stored.
    /// </summary>
    public void Rows(int first, int end, int block, int k, float** rows)
    {
        var panel = _isPacked ? _packed.Panel(block, first / MicroKernel.Rows) : null;
        for (var i = 0; i < MicroKernel.Rows; i++)
        {
            var row = Math.Min(first + i, end - 1);
            rows[i] = _isPacked ? panel + (row - first) : _rows.Row(row) + k;
        }
    }
}
