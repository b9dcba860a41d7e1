namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>Rows of matrices as spans.</summary>
internal static unsafe class Rows
{
    /// <summary>Elements a chunk of rows should have for a fork to pay.</summary>
    public const int ElementsAChunk = 8192;

    /// <summary>Row <paramref name="index"/> of <paramref name="matrix"/>.</summary>
    public static Span<float> Row(this Matrix matrix, int index) =>
        new((float*)matrix.Address + (nint)index * matrix.Stride, matrix.Columns);

    /// <summary>The elements of an integer array.</summary>
    public static Span<int> AsSpan(this IntegerArray array) => new((int*)array.Address, array.Length);

    /// <summary>Rows a chunk for rows of <paramref name="columns"/> elements; independent of the number of threads.</summary>
    public static int Grain(int columns) => Math.Max(1, ElementsAChunk / Math.Max(1, columns));
}
