namespace AutoTower.Search.Data;

/// <summary>
/// What the model needs to know of a data set without its files: the fields of each tower and the history (SPEC.md, Data).
/// Enough for the cost model.
/// </summary>
public sealed class DatasetSchema
{
    internal DatasetSchema(string name, string[] userFields, string[] itemFields, string[] historyFields, int historyLength)
    {
        Name = name;
        UserFields = userFields;
        ItemFields = itemFields;
        HistoryFields = historyFields;
        HistoryLength = historyLength;
    }

    /// <summary>Preset name.</summary>
    public string Name { get; }

    /// <summary>Names of the user fields; field 0 is the user id.</summary>
    public IReadOnlyList<string> UserFields { get; }

    /// <summary>Names of the item fields; field 0 is the item id.</summary>
    public IReadOnlyList<string> ItemFields { get; }

    /// <summary>
    /// Those of <see cref="ItemFields"/> that the history uses; d = count x E. A multi-valued field contributes its first value.
    /// </summary>
    public IReadOnlyList<string> HistoryFields { get; }

    /// <summary>History length L.</summary>
    public int HistoryLength { get; }

    /// <summary>Positions of <see cref="HistoryFields"/> within <see cref="ItemFields"/>.</summary>
    internal int[] HistoryFieldIndices() => [.. HistoryFields.Select(field => ItemFields.ToList().IndexOf(field))];
}
