namespace AutoTower.Search.Data;

/// <summary>How data sets from raw files are prepared.</summary>
public sealed record PreparationOptions
{
    /// <summary>Users with fewer interactions are left out; null for what the data set has as its own.</summary>
    public int? MinimumUserRecords { get; init; }

    /// <summary>Items with fewer interactions are left out; null for what the data set has as its own.</summary>
    public int? MinimumItemRecords { get; init; }

    /// <summary>Whether the prepared form is kept on disk and taken from there.</summary>
    public bool UseCache { get; init; } = true;

    /// <summary>Folder of the cache; null for AUTOTOWER_CACHE/data or, without that, autotower/data in the user's cache folder.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>Told, in one sentence, what a person should know: a file that the data set does without, a cache that cannot be written.</summary>
    public Action<string>? Warning { get; init; }
}
