using AutoTower.Search.Space;

namespace AutoTower.Search.Cost;

/// <summary>Cost of one part of a tower.</summary>
/// <param name="Name">For example <c>alignment</c>, <c>pooling.sum</c>, <c>blocks.0.mlp-512</c>.</param>
/// <param name="Complexity">Its cost.</param>
public sealed record PartCost(string Name, Complexity Complexity);

/// <summary>Cost of a tower: alignment, pooling (user tower) and blocks.</summary>
/// <param name="Parts">The parts in order.</param>
public sealed record TowerCost(IReadOnlyList<PartCost> Parts)
{
    /// <summary>Sum of the parts.</summary>
    public Complexity Total { get; } = Parts.Aggregate(default(Complexity), (sum, part) => sum + part.Complexity);
}

/// <summary>Cost of a model.</summary>
/// <param name="User">User tower.</param>
/// <param name="Item">Item tower.</param>
/// <param name="Scoring">Inner products, where the convention counts them.</param>
public sealed record ModelCost(TowerCost User, TowerCost Item, Complexity Scoring)
{
    /// <summary>Everything.</summary>
    public Complexity Total => User.Total + Item.Total + Scoring;
}
