namespace AutoTower.Search.Data;

/// <summary>
/// One categorical field of an entity table: which embedding rows an entity looks up. Row 0 of every entity table is padding, and
/// value 0 of a field stands for padding or "unknown".
/// </summary>
public sealed class FeatureField
{
    /// <summary>A field from its values.</summary>
    /// <param name="name">Name as in SPEC.md's data table, e.g. "genres".</param>
    /// <param name="cardinality">Number of embedding rows, row 0 included.</param>
    /// <param name="values">Single-valued: one value per entity. Multi-valued: the concatenated values of all entities.</param>
    /// <param name="offsets">Multi-valued only: where each entity's values start, and the end (number of entities + 1).</param>
    /// <exception cref="ArgumentException">A value outside 0 .. <paramref name="cardinality"/> - 1, or offsets that do not fit.</exception>
    public FeatureField(string name, int cardinality, int[] values, int[]? offsets = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfLessThan(cardinality, 1);
        Name = name;
        Cardinality = cardinality;
        Values = values;
        IsMultiValued = offsets is not null;
        Offsets = offsets ?? [];
        foreach (var value in values)
        {
            if ((uint)value >= (uint)cardinality)
            {
                throw new ArgumentException($"Field {name}: value {value} is outside 0 .. {cardinality - 1}.", nameof(values));
            }
        }

        if (offsets is not null && !FitOffsets(offsets, values.Length))
        {
            throw new ArgumentException(
                $"Field {name}: offsets must rise from 0 to the number of values, {values.Length}.", nameof(offsets));
        }
    }

    /// <summary>Name as in SPEC.md's data table, e.g. "genres".</summary>
    public string Name { get; }

    /// <summary>Number of embedding rows, row 0 included.</summary>
    public int Cardinality { get; }

    /// <summary>Whether an entity has a set of values (their embeddings are averaged) instead of exactly one.</summary>
    public bool IsMultiValued { get; }

    /// <summary>Single-valued: [entity id] -> value. Multi-valued: concatenated values, see <see cref="Offsets"/>.</summary>
    public int[] Values { get; }

    /// <summary>Multi-valued only: entity e owns Values[Offsets[e] .. Offsets[e + 1]); length rows + 1. Otherwise empty.</summary>
    public int[] Offsets { get; }

    /// <summary>Number of entities, padding row 0 included.</summary>
    public int Count => IsMultiValued ? Offsets.Length - 1 : Values.Length;

    /// <summary>Most values that an entity has, at least 1.</summary>
    public int MostValues()
    {
        var most = 1;
        for (var entity = 1; entity < Offsets.Length; entity++)
        {
            most = Math.Max(most, Offsets[entity] - Offsets[entity - 1]);
        }

        return most;
    }

    /// <summary>The value of a single-valued field; the first value of a multi-valued one, or 0 where there is none.</summary>
    /// <param name="entity">Dense entity id, 0 for padding.</param>
    /// <returns>An embedding row, 0 .. <see cref="Cardinality"/> - 1.</returns>
    public int FirstValue(int entity)
    {
        if (!IsMultiValued)
        {
            return Values[entity];
        }

        var start = Offsets[entity];
        return start < Offsets[entity + 1] ? Values[start] : 0;
    }

    private static bool FitOffsets(int[] offsets, int valueCount)
    {
        if (offsets.Length < 2 || offsets[0] != 0 || offsets[^1] != valueCount)
        {
            return false;
        }

        for (var entity = 1; entity < offsets.Length; entity++)
        {
            if (offsets[entity] < offsets[entity - 1])
            {
                return false;
            }
        }

        return true;
    }
}
