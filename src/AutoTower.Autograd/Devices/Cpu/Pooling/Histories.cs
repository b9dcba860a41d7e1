namespace AutoTower.Autograd.Devices.Cpu.Pooling;

/// <summary>Histories (B*L, d), padded on the left: of L rows an example, the last lengths[b] are valid.</summary>
internal readonly struct Histories(Matrix rows, IntegerArray lengths)
{
    /// <summary>L.</summary>
    public int Length { get; } = rows.Rows / lengths.Length;

    /// <summary>Number of valid rows of example <paramref name="b"/>.</summary>
    public int Valid(int b) => lengths.AsSpan()[b];

    /// <summary>First valid position of example <paramref name="b"/>.</summary>
    public int Start(int b) => Length - Valid(b);

    /// <summary>Row at position <paramref name="l"/> of example <paramref name="b"/>.</summary>
    public Span<float> Row(int b, int l) => rows.Row((b * Length) + l);
}
