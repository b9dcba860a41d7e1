namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>How one field of an entity becomes an embedding.</summary>
/// <param name="Table">(V, E) embedding rows.</param>
/// <param name="Gradient">(V, E) gradient of the table; absent where none is wanted.</param>
/// <param name="Values">Single-valued: entity id -> row. Multi-valued: concatenated rows.</param>
/// <param name="Offsets">Multi-valued: entity id .. entity id + 1 delimits its rows in <paramref name="Values"/>; absent for single-valued fields.</param>
/// <param name="FirstOnly">A multi-valued field of which only the first value counts (row 0 where there is none).</param>
public readonly record struct FieldLookup(Matrix Table, Matrix Gradient, IntegerArray Values, IntegerArray Offsets, bool FirstOnly);

/// <summary>
/// Embedding gathers. Entity id 0 is padding: its output is zero and it has no gradient. The mean over no value is the zero vector.
/// </summary>
public interface IEmbeddingKernels
{
    /// <summary>Most fields one call takes.</summary>
    public const int MaximumFields = 32;

    /// <summary>y[i, f*E .. (f+1)*E) = embedding of field f of entity ids[i]. y (N, F*E), possibly a strided view. Assigns y.</summary>
    void GatherForward(IntegerArray ids, ReadOnlySpan<FieldLookup> fields, Matrix y);

    /// <summary>Each field's Gradient row += the matching slice of dy (divided by the number of values for a mean).</summary>
    void GatherBackward(IntegerArray ids, ReadOnlySpan<FieldLookup> fields, Matrix dy);

    /// <summary>Several gathers, which a device may run side by side.</summary>
    void GatherForward(ReadOnlySpan<EntityGather> gathers)
    {
        foreach (var gather in gathers)
        {
            GatherForward(gather.Ids, gather.Fields, gather.Output.Value);
        }
    }

    /// <summary>Their gradients, which a device may add up beside what comes, as <see cref="Device.Beside"/> does.</summary>
    void GatherBackward(ReadOnlySpan<EntityGather> gathers)
    {
        for (var i = gathers.Length - 1; i >= 0; i--)
        {
            GatherBackward(gathers[i].Ids, gathers[i].Fields, gathers[i].Output.Gradient);
        }
    }
}
