namespace AutoTower.Search.Data;

/// <summary>Size and seed of the data set `synthetic`; see <see cref="SyntheticData"/> for what the data look like.</summary>
public sealed record SyntheticOptions
{
    /// <summary>Number of users.</summary>
    public int Users { get; init; } = 1500;

    /// <summary>Number of items.</summary>
    public int Items { get; init; } = 800;

    /// <summary>Number of interactions, at least one per user and at most users x items (nobody meets an item twice).</summary>
    public int Interactions { get; init; } = 60_000;

    /// <summary>Seed; the same options give the same data on every machine.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>History length L.</summary>
    public int HistoryLength { get; init; } = 20;
}
