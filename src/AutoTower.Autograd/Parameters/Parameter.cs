namespace AutoTower.Autograd.Parameters;

/// <summary>A named range of rows of a parameter, the unit in which weights are saved.</summary>
/// <param name="Name">Framework-neutral name, for example <c>pooling.self-attention.query.weight</c>.</param>
/// <param name="FirstRow">First row within the parameter.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="IsVector">True for biases and the like, saved with one dimension.</param>
public sealed record ParameterPart(string Name, int FirstRow, int Rows, bool IsVector);

/// <summary>
/// A trainable (rows, columns) matrix, or a vector of running statistics. Layers that are applied together (query, key, value) are parts
/// of one parameter, so that one product computes them; vectors are (1, D) for operations, or fused (1, parts*D).
/// </summary>
public sealed class Parameter
{
    internal Parameter(int rows, int columns, Initialiser initialiser, IReadOnlyList<ParameterPart> parts)
    {
        Rows = rows;
        Columns = columns;
        Initialiser = initialiser;
        Parts = parts;
    }

    /// <summary>Number of rows as operations see them.</summary>
    public int Rows { get; }

    /// <summary>Number of columns as operations see them.</summary>
    public int Columns { get; }

    /// <summary>Number of elements.</summary>
    public int Count => checked(Rows * Columns);

    /// <summary>Distribution of the initial values.</summary>
    public Initialiser Initialiser { get; }

    /// <summary>The named parts. For a vector, rows of a part count elements.</summary>
    public IReadOnlyList<ParameterPart> Parts { get; }

    /// <summary>Whether it is an embedding table, of which a step reads some rows only.</summary>
    public bool IsTable { get; internal set; }

    /// <summary>First element within its slab.</summary>
    public long Offset { get; internal set; }

    /// <summary>Values and gradient; absent until the store is allocated.</summary>
    public Tensor Tensor { get; internal set; }

    /// <summary>Elements before and in a part: its range within the parameter.</summary>
    internal (int First, int Count) Range(ParameterPart part) =>
        part.IsVector ? (part.FirstRow, part.Rows) : (part.FirstRow * Columns, part.Rows * Columns);
}
