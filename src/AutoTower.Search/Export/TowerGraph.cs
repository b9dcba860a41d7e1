using AutoTower.Search.Space;

namespace AutoTower.Search.Export;

/// <summary>The inference form of one tower.</summary>
/// <param name="Name">For example <c>user_tower</c>.</param>
/// <param name="Description">What it computes, for people who open the file.</param>
/// <param name="Inputs">What a caller feeds.</param>
/// <param name="Constants">Constants that are not part of a layer.</param>
/// <param name="Nodes">The steps in order.</param>
/// <param name="Output">Name of the output.</param>
/// <param name="OutputWidth">O.</param>
internal sealed record TowerGraph(
    string Name,
    string Description,
    IReadOnlyList<GraphInput> Inputs,
    IReadOnlyCollection<GraphConstant> Constants,
    IReadOnlyList<GraphNode> Nodes,
    string Output,
    int OutputWidth)
{
    /// <summary>Parameters but for embedding tables, and multiply-accumulates for one example, as the graph computes them.</summary>
    public Complexity Cost => GraphFolding.CostOf(Nodes);

    /// <summary>The same function with layers folded.</summary>
    public TowerGraph Folded() => this with { Nodes = GraphFolding.Fold(Nodes, [Output]) };
}
