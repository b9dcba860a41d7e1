namespace AutoTower.Search.Data;

/// <summary>The categorical fields of all users or of all items. Row 0 is padding, dense ids start at 1.</summary>
public sealed class FeatureTable
{
    /// <summary>A table from its fields.</summary>
    /// <param name="entity">What a row is: "user" or "item".</param>
    /// <param name="count">Rows, padding row 0 included.</param>
    /// <param name="fields">At least one field, each with <paramref name="count"/> rows.</param>
    /// <exception cref="ArgumentException">No field, or a field with another number of rows.</exception>
    public FeatureTable(string entity, int count, IReadOnlyList<FeatureField> fields)
    {
        ArgumentException.ThrowIfNullOrEmpty(entity);
        ArgumentNullException.ThrowIfNull(fields);
        if (fields.Count == 0)
        {
            throw new ArgumentException($"The {entity} table has no field.", nameof(fields));
        }

        foreach (var field in fields)
        {
            if (field.Count != count)
            {
                throw new ArgumentException(
                    $"Field {field.Name} has {field.Count} rows, the {entity} table has {count}.", nameof(fields));
            }
        }

        Entity = entity;
        Count = count;
        Fields = fields;
    }

    /// <summary>What a row is: "user" or "item".</summary>
    public string Entity { get; }

    /// <summary>Rows, padding row 0 included.</summary>
    public int Count { get; }

    /// <summary>The fields in the order of SPEC.md's data table; field 0 is the id itself.</summary>
    public IReadOnlyList<FeatureField> Fields { get; }
}
