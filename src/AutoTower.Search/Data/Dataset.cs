namespace AutoTower.Search.Data;

/// <summary>Users, items and interactions of one data set under dense ids that start at 1 (0 is padding).</summary>
public sealed class Dataset
{
    /// <summary>A data set from its parts.</summary>
    /// <param name="name">Preset name, e.g. "ml-1m".</param>
    /// <param name="users">User table.</param>
    /// <param name="items">Item table.</param>
    /// <param name="interactions">Interactions of these users with these items.</param>
    /// <param name="historyLength">History length L, at least 1.</param>
    /// <param name="historyFields">Indices of the item fields used in the history.</param>
    /// <param name="userKeys">Dense user id to raw id; index 0 is "".</param>
    /// <param name="itemKeys">Dense item id to raw id; index 0 is "".</param>
    /// <param name="itemTitles">Dense item id to title, where the data set has titles.</param>
    /// <exception cref="ArgumentException">Parts that do not fit together.</exception>
    public Dataset(
        string name,
        FeatureTable users,
        FeatureTable items,
        InteractionLog interactions,
        int historyLength,
        IReadOnlyList<int> historyFields,
        IReadOnlyList<string> userKeys,
        IReadOnlyList<string> itemKeys,
        IReadOnlyList<string>? itemTitles = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(users);
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(interactions);
        ArgumentNullException.ThrowIfNull(historyFields);
        ArgumentNullException.ThrowIfNull(userKeys);
        ArgumentNullException.ThrowIfNull(itemKeys);
        ArgumentOutOfRangeException.ThrowIfLessThan(historyLength, 1);
        RequireLength(interactions.Offsets.Length, users.Count + 1, "interaction offsets", nameof(interactions));
        RequireLength(userKeys.Count, users.Count, "user keys", nameof(userKeys));
        RequireLength(itemKeys.Count, items.Count, "item keys", nameof(itemKeys));
        RequireLength(itemTitles?.Count ?? items.Count, items.Count, "item titles", nameof(itemTitles));
        foreach (var item in interactions.Items)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(item, items.Count, nameof(interactions));
        }

        foreach (var field in historyFields)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(field, nameof(historyFields));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(field, items.Fields.Count, nameof(historyFields));
        }

        Name = name;
        Users = users;
        Items = items;
        Interactions = interactions;
        HistoryLength = historyLength;
        HistoryFields = historyFields;
        UserKeys = userKeys;
        ItemKeys = itemKeys;
        ItemTitles = itemTitles;
    }

    /// <summary>Preset name, e.g. "ml-1m".</summary>
    public string Name { get; }

    /// <summary>User table; <see cref="FeatureTable.Count"/> - 1 users.</summary>
    public FeatureTable Users { get; }

    /// <summary>Item table; <see cref="FeatureTable.Count"/> - 1 items.</summary>
    public FeatureTable Items { get; }

    /// <summary>All interactions.</summary>
    public InteractionLog Interactions { get; }

    /// <summary>History length L.</summary>
    public int HistoryLength { get; }

    /// <summary>
    /// Indices of the item fields used in the history; a multi-valued one contributes its first value only
    /// (<see cref="FeatureField.FirstValue"/>).
    /// </summary>
    public IReadOnlyList<int> HistoryFields { get; }

    /// <summary>Dense user id to raw id; index 0 is "".</summary>
    public IReadOnlyList<string> UserKeys { get; }

    /// <summary>Dense item id to raw id; index 0 is "".</summary>
    public IReadOnlyList<string> ItemKeys { get; }

    /// <summary>Dense item id to title (index 0 is ""), or null where the data set has no titles.</summary>
    public IReadOnlyList<string>? ItemTitles { get; }

    private static void RequireLength(int actual, int expected, string what, string parameter)
    {
        if (actual != expected)
        {
            throw new ArgumentException($"There are {actual} {what}, expected {expected}.", parameter);
        }
    }
}
