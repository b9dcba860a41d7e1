namespace AutoTower.Tests.Mathematics;

/// <summary>A (rows, columns) matrix in double, for definitions written out as the specification has them.</summary>
internal sealed class DoubleMatrix
{
    public DoubleMatrix(int rows, int columns)
    {
        Rows = rows;
        Columns = columns;
        Data = new double[rows * columns];
    }

    public DoubleMatrix(int rows, int columns, ReadOnlySpan<float> values)
        : this(rows, columns)
    {
        for (var i = 0; i < Data.Length; i++)
        {
            Data[i] = values[i];
        }
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>The elements, row-major.</summary>
    public double[] Data { get; }

    public ref double this[int row, int column] => ref Data[(row * Columns) + column];

    public static DoubleMatrix Of(int rows, int columns, Func<int, int, double> element)
    {
        var result = new DoubleMatrix(rows, columns);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                result[i, j] = element(i, j);
            }
        }

        return result;
    }

    public DoubleMatrix SliceColumns(int first, int count) => Of(Rows, count, (i, j) => this[i, first + j]);

    public DoubleMatrix Map(Func<double, double> function) => Of(Rows, Columns, (i, j) => function(this[i, j]));

    /// <summary>Matrices of equal row count side by side.</summary>
    public static DoubleMatrix Concatenate(params DoubleMatrix[] parts)
    {
        var result = new DoubleMatrix(parts[0].Rows, parts.Sum(part => part.Columns));
        var first = 0;
        foreach (var part in parts)
        {
            for (var i = 0; i < part.Rows; i++)
            {
                part.Data.AsSpan(i * part.Columns, part.Columns).CopyTo(result.Data.AsSpan((i * result.Columns) + first));
            }

            first += part.Columns;
        }

        return result;
    }
}
