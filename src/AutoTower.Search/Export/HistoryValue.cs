namespace AutoTower.Search.Export;

/// <summary>The history of the user tower in a graph that is being exported; valid entries stand at the end.</summary>
/// <param name="Rows">(B, L, d) embeddings; anything where the mask is false.</param>
/// <param name="Mask">(B, L) Boolean.</param>
/// <param name="Valid">(B, L): the mask as 0 and 1.</param>
/// <param name="Length">L.</param>
/// <param name="Width">d.</param>
public sealed record HistoryValue(GraphValue Rows, GraphValue Mask, GraphValue Valid, int Length, int Width)
{
    /// <summary>(B, L, d): embeddings plus the tensor <c>position</c> (L, d).</summary>
    public GraphValue WithPosition(GraphBuilder graph, ExportWeights weights)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        var size = (long)Length * Width;
        return graph.Operator("Add", [Rows, graph.Tensor(weights.Tensor("position"))], new(size, size));
    }
}
