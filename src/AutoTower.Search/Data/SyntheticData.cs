namespace AutoTower.Search.Data;

/// <summary>wip</summary>
public static class SyntheticData
{
    internal const string Name = "synthetic";

    /// <summary>wip</summary>
    public static Dataset Generate(SyntheticOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        throw new DataException("not yet");
    }
}
