using AutoTower.Search.Space;

namespace AutoTower.Search.Benchmarks.Growth;

/// <summary>One quantity that grows while all others stay.</summary>
/// <param name="Name">What grows.</param>
/// <param name="Values">Its values, ascending.</param>
/// <param name="At">The shape with a value in it.</param>
public sealed record GrowthSeries(string Name, IReadOnlyList<int> Values, Func<GrowthShape, int, GrowthShape> At)
{
    /// <summary>All series.</summary>
    public static IReadOnlyList<GrowthSeries> All { get; } =
    [
        new("batch", [256, 1024, 4096, 16384], (shape, value) => shape with { BatchSize = value }),
        new("history", [20, 50, 100, 200], (shape, value) => shape with { HistoryLength = value }),
        new(
            "blocks",
            [.. Enumerable.Range(SearchSpace.MinimumBlocks, SearchSpace.MaximumBlocks - SearchSpace.MinimumBlocks + 1)],
            (shape, value) => shape with { Blocks = value }),
        new("items", [10_000, 100_000, 1_000_000, 10_000_000], (shape, value) => shape with { Items = value }),
    ];
}
