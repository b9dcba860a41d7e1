namespace AutoTower.Kernels;

/// <summary>A device's compute capability.</summary>
/// <param name="Major">Generation, such as 9 for Hopper.</param>
/// <param name="Minor">Revision within the generation.</param>
public readonly record struct ComputeCapability(int Major, int Minor) : IComparable<ComputeCapability>
{
    /// <summary>The oldest capability that the kernels support: 7.0 (independent thread scheduling).</summary>
    public static ComputeCapability Minimum { get; } = new(7, 0);

    /// <summary>The compiler's name for exactly this architecture, such as sm_90.</summary>
    public string Architecture => $"sm_{Major}{Minor}";

    /// <inheritdoc/>
    public int CompareTo(ComputeCapability other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    /// <summary>Whether the left capability is older.</summary>
    /// <param name="left">One capability.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when left comes before right.</returns>
    public static bool operator <(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left capability is newer.</summary>
    /// <param name="left">One capability.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when left comes after right.</returns>
    public static bool operator >(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left capability is older or the same.</summary>
    /// <param name="left">One capability.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when left does not come after right.</returns>
    public static bool operator <=(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left capability is newer or the same.</summary>
    /// <param name="left">One capability.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when left does not come before right.</returns>
    public static bool operator >=(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Major}.{Minor}";
}
