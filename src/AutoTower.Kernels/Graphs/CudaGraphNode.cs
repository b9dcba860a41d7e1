namespace AutoTower.Kernels.Graphs;

/// <summary>A node of a graph, valid as long as the graph.</summary>
/// <param name="Handle">The driver's handle.</param>
public readonly record struct CudaGraphNode(nint Handle);
