using AutoTower.Search.Data;

namespace AutoTower.Search.Benchmarks.Growth;

/// <summary>Sizes of supernet training; the defaults are ML-1M's.</summary>
public sealed record GrowthShape
{
    /// <summary>Users.</summary>
    public int Users { get; init; } = 6040;

    /// <summary>Items.</summary>
    public int Items { get; init; } = 3706;

    /// <summary>Interactions.</summary>
    public int Interactions { get; init; } = 1_000_209;

    /// <summary>L.</summary>
    public int HistoryLength { get; init; } = 20;

    /// <summary>Choice blocks of each tower.</summary>
    public int Blocks { get; init; } = 5;

    /// <summary>Examples a step.</summary>
    public int BatchSize { get; init; } = 1024;

    /// <summary>Synthetic data of this size.</summary>
    public SyntheticOptions Data => new() { Users = Users, Items = Items, Interactions = Interactions, HistoryLength = HistoryLength };
}
