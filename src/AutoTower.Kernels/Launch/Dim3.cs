namespace AutoTower.Kernels.Launch;

/// <summary>Extent of a grid in blocks or of a block in threads.</summary>
/// <param name="X">Extent in x.</param>
/// <param name="Y">Extent in y.</param>
/// <param name="Z">Extent in z.</param>
public readonly record struct Dim3(int X, int Y = 1, int Z = 1)
{
    /// <summary>A one-dimensional extent.</summary>
    /// <param name="x">Extent in x.</param>
    public static implicit operator Dim3(int x) => new(x);

    /// <summary>A one-dimensional extent.</summary>
    /// <param name="x">Extent in x.</param>
    /// <returns>x by 1 by 1.</returns>
    public static Dim3 FromInt32(int x) => new(x);

    /// <summary>Blocks needed to cover a number of elements.</summary>
    /// <param name="elements">Elements, at least 1.</param>
    /// <param name="perBlock">Elements that one block covers.</param>
    /// <returns>A one-dimensional extent.</returns>
    public static Dim3 Cover(long elements, int perBlock) => new(checked((int)((elements + perBlock - 1) / perBlock)));

    /// <inheritdoc/>
    public override string ToString() => $"({X}, {Y}, {Z})";
}
