namespace AutoTower.Search.Export;

/// <summary>A tensor in a graph that is being exported: an input, a constant or the output of a node.</summary>
/// <param name="Name">Its name, unique in the graph.</param>
public sealed record GraphValue(string Name);
