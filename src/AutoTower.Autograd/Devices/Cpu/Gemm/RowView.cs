namespace AutoTower.Autograd.Devices.Cpu.Gemm;

/// <summary>
/// A matrix whose rows may lie anywhere: (N, n*width) seen as N*n rows of one token each, contiguous or not. It lets one product serve
/// linear layers over tokens, all strides included.
/// </summary>
internal readonly unsafe struct RowView
{
    private readonly float* _start;
    private readonly nint _stride;
    private readonly int _tokens;
    private readonly int _skipped;

    /// <summary>Sees every row of <paramref name="matrix"/> as <paramref name="tokens"/> rows of equal width.</summary>
    public RowView(Matrix matrix, int tokens = 1)
    {
        _start = (float*)matrix.Address;
        Width = matrix.Columns / tokens;
        Rows = matrix.Rows * tokens;
        var joined = matrix.Stride == matrix.Columns; // Tokens of successive rows are equally spaced: no need to tell rows and tokens apart.
        _tokens = joined ? 1 : tokens;
        _stride = joined ? Width : matrix.Stride;
    }

    private RowView(in RowView view, int first, int rows)
    {
        this = view;
        _skipped += first;
        Rows = rows;
    }

    /// <summary>Number of rows, N*n.</summary>
    public int Rows { get; }

    /// <summary>Elements a row.</summary>
    public int Width { get; }

    /// <summary>The <paramref name="rows"/> rows from <paramref name="first"/> on.</summary>
    public RowView Skip(int first, int rows) => new(this, first, rows);

    /// <summary>Address of the first element of a row.</summary>
    public float* Row(int row)
    {
        if (_tokens == 1)
        {
            return _start + (_skipped + row) * _stride;
        }

        var (example, token) = Math.DivRem(_skipped + row, _tokens);
        return _start + example * _stride + token * Width;
    }
}
