namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>What is pooled. Padding, which is everything before the last lengths[b] of L positions, counts for nothing.</summary>
/// <param name="Ids">(B*L) entity ids; 0 is an entity of zeros.</param>
/// <param name="Lengths">(B).</param>
/// <param name="Fields">What a row consists of.</param>
public readonly record struct HistoryInputs(IntegerArray Ids, IntegerArray Lengths, FieldLookup[] Fields)
{
    /// <summary>L.</summary>
    public int Length => Ids.Length / Lengths.Length;

    /// <summary>d.</summary>
    public int Width => Fields.Sum(lookup => lookup.Table.Columns);
}
