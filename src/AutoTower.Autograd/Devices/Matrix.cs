namespace AutoTower.Autograd.Devices;

/// <summary>
/// A non-owning float32 matrix view in device memory: row-major, with the distance between rows in <see cref="Stride"/>.
/// A column range of a wider matrix is a view too, which is how a block reads "all earlier outputs" without a copy.
/// </summary>
/// <param name="Address">Address of element (0, 0) on the device; 0 for "absent".</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Number of columns.</param>
/// <param name="Stride">Elements from one row to the next, at least <paramref name="Columns"/>.</param>
public readonly record struct Matrix(nint Address, int Rows, int Columns, int Stride)
{
    /// <summary>The absent matrix (no bias, no gradient wanted).</summary>
    public static Matrix None => default;

    /// <summary>Creates a contiguous view.</summary>
    public Matrix(nint address, int rows, int columns)
        : this(address, rows, columns, columns)
    {
    }

    /// <summary>True when there is no memory behind the view.</summary>
    public bool IsAbsent => Address == 0;

    /// <summary>True when the rows lie one behind the other.</summary>
    public bool IsContiguous => Stride == Columns || Rows == 1;

    /// <summary>Number of elements.</summary>
    public long Count => (long)Rows * Columns;

    /// <summary>Columns [<paramref name="first"/>, <paramref name="first"/> + <paramref name="count"/>) of the same rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the matrix.</exception>
    public Matrix SliceColumns(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + count, Columns);
        return new Matrix(Address + (nint)first * sizeof(float), Rows, count, Stride);
    }

    /// <summary>Rows [<paramref name="first"/>, <paramref name="first"/> + <paramref name="count"/>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the matrix.</exception>
    public Matrix SliceRows(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + count, Rows);
        return new Matrix(Address + (nint)first * Stride * sizeof(float), count, Columns, Stride);
    }

    internal Matrix SliceColumnsOrNone(int first, int count) => IsAbsent ? default : SliceColumns(first, count);

    internal Matrix SliceRowsOrNone(int first, int count) => IsAbsent ? default : SliceRows(first, count);

    /// <summary>The same elements with another shape; the view must be contiguous.</summary>
    /// <exception cref="ArgumentException">The view is not contiguous or the element counts differ.</exception>
    public Matrix Reshape(int rows, int columns)
    {
        if (IsAbsent)
        {
            return default;
        }

        if (!IsContiguous || (long)rows * columns != Count)
        {
            throw new ArgumentException($"A {Rows} x {Columns} matrix of stride {Stride} can't be viewed as {rows} x {columns}.");
        }

        return new Matrix(Address, rows, columns);
    }
}
