namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>How the elements of item vectors are stored.</summary>
public enum VectorFormat
{
    /// <summary>32-bit floating point.</summary>
    Float32,

    /// <summary>The upper half of a 32-bit float: half the memory, eight bits of precision.</summary>
    BFloat16,
}

/// <summary>The items of a retrieval in device memory: a non-owning view.</summary>
/// <param name="Address">Vectors (M, O), row-major.</param>
/// <param name="Rows">M.</param>
/// <param name="Columns">O, 1 to <see cref="LargestWidth"/>.</param>
/// <param name="Stride">Elements from one row to the next.</param>
/// <param name="Format">Type of the elements.</param>
public readonly record struct ItemTable(nint Address, int Rows, int Columns, int Stride, VectorFormat Format)
{
    /// <summary>Most elements of a vector.</summary>
    public const int LargestWidth = 256;

    /// <summary>Items with float32 vectors (M, O).</summary>
    public ItemTable(Matrix vectors)
        : this(vectors.Address, vectors.Rows, vectors.Columns, vectors.Stride, VectorFormat.Float32)
    {
    }

    /// <summary>(1, M) added to the inner products, or absent.</summary>
    public Matrix Bias { get; init; }

    /// <summary>Bitmap of the items that may be returned, item i at bit i % 32 of word i / 32; all may where it is absent.</summary>
    public IntegerArray Allowed { get; init; }

    /// <summary>Words of a bitmap for <paramref name="items"/> items.</summary>
    public static int AllowedWords(int items) => (int)(((long)items + 31) / 32);

    /// <summary>Bytes of one element.</summary>
    public int ElementSize => Format == VectorFormat.Float32 ? sizeof(float) : sizeof(ushort);

    /// <summary>Throws unless bias and bitmap fit the vectors, and the vectors' width is within its bounds.</summary>
    /// <exception cref="ArgumentException">Something does not fit.</exception>
    public void RequireConsistent()
    {
        if (Columns is < 1 or > LargestWidth)
        {
            throw new ArgumentException($"Item vectors have {Columns} elements; 1 to {LargestWidth} can be searched.");
        }

        if (!Bias.IsAbsent && (Bias.Rows != 1 || Bias.Columns != Rows))
        {
            throw new ArgumentException($"The item bias is {Bias.Rows} x {Bias.Columns}, expected 1 x {Rows}.");
        }

        if (!Allowed.IsAbsent && Allowed.Length != AllowedWords(Rows))
        {
            throw new ArgumentException($"The bitmap of allowed items has {Allowed.Length} words, expected {AllowedWords(Rows)}.");
        }
    }
}
