namespace AutoTower.Search.Data;

/// <summary>
/// All interactions, grouped by user in dense id order, each user's in time order (time, then file order). Every interaction is a
/// positive (SPEC.md, Data), which counts by its weight in the loss. An interaction is named by its index into <see cref="Users"/> and <see cref="Items"/>.
/// </summary>
public sealed class InteractionLog
{
    /// <summary>A log from grouped items.</summary>
    /// <param name="offsets">User u owns [offsets[u], offsets[u + 1]); offsets[0] = offsets[1] = 0; length number of users + 2.</param>
    /// <param name="items">Dense item id per interaction, 1 or more.</param>
    /// <param name="weights">Weight r per interaction, or null where each counts 1.</param>
    /// <exception cref="ArgumentException">Offsets that do not rise from 0, 0 to the number of items, or an item id below 1.</exception>
    public InteractionLog(int[] offsets, int[] items, float[]? weights = null)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        ArgumentNullException.ThrowIfNull(items);
        if (offsets.Length < 2 || offsets[0] != 0 || offsets[1] != 0 || offsets[^1] != items.Length)
        {
            throw new ArgumentException(
                $"Offsets must start with 0, 0 and end with the number of interactions, {items.Length}.", nameof(offsets));
        }

        if (weights is not null && weights.Length != items.Length)
        {
            throw new ArgumentException($"There are {weights.Length} weights for {items.Length} interactions.", nameof(weights));
        }

        foreach (var item in items)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(item, 1, nameof(items));
        }

        Offsets = offsets;
        Items = items;
        Weights = weights;
        Users = new int[items.Length];
        for (var user = 1; user < offsets.Length - 1; user++)
        {
            if (offsets[user + 1] < offsets[user])
            {
                throw new ArgumentException($"Offsets fall after user {user}.", nameof(offsets));
            }

            Users.AsSpan(offsets[user]..offsets[user + 1]).Fill(user);
        }
    }

    /// <summary>
    /// User u (1-based dense) owns the interactions [Offsets[u], Offsets[u + 1]); Offsets[0] = Offsets[1] = 0; length rows of the
    /// user table + 1.
    /// </summary>
    public int[] Offsets { get; }

    /// <summary>Per interaction: dense user id.</summary>
    public int[] Users { get; }

    /// <summary>Per interaction: dense item id.</summary>
    public int[] Items { get; }

    /// <summary>Per interaction: its weight r in the loss, at least 0; null where each counts 1.</summary>
    public float[]? Weights { get; }

    /// <summary>Number of interactions.</summary>
    public int Count => Items.Length;

    /// <summary>
    /// The history of an interaction (SPEC.md, Data): the user's previous L items in time order, padded on the left with 0. The
    /// interaction itself is not part of it.
    /// </summary>
    /// <param name="interaction">Index of the interaction.</param>
    /// <param name="history">Receives the item ids, (L); the most recent one last.</param>
    /// <returns>How many items the history has, 0 .. L.</returns>
    public int CopyHistory(int interaction, Span<int> history)
    {
        var length = Math.Min(history.Length, interaction - Offsets[Users[interaction]]);
        history[..^length].Clear();
        Items.AsSpan(interaction - length, length).CopyTo(history[^length..]);
        return length;
    }
}
