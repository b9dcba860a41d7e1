using AutoTower.Search.Space;

namespace AutoTower.Search.Export;

/// <summary>
/// The same function with fewer layers: batch norm goes into the linear layer before it, and two linear layers with nothing in between
/// become one where that is cheaper (MLP blocks have no activation inside). Exact in real arithmetic.
/// </summary>
internal static class GraphFolding
{
    /// <summary>The folded nodes; each step looks only at a value that has one reader and is not an output of the graph.</summary>
    public static List<GraphNode> Fold(IReadOnlyList<GraphNode> nodes, IReadOnlyList<string> outputs)
    {
        var folded = nodes.ToList();
        for (var i = 0; i < folded.Count; i++)
        {
            // Every input of a layer to fold stands before it, so one pass in order sees chains of any length.
            var before = folded.FindIndex(node => node.Output == folded[i].Inputs[0]);
            if (before < 0 || folded[before] is not LinearNode first || Readers(folded, first.Output) != 1 || outputs.Contains(first.Output))
            {
                continue;
            }

            if (Merge(first, folded[i]) is { } merged)
            {
                folded[i] = merged;
                folded.RemoveAt(before);
                i--;
            }
        }

        return folded;
    }

    public static Complexity CostOf(IEnumerable<GraphNode> nodes) => nodes.Aggregate(default(Complexity), (sum, node) => sum + node.Cost);

    private static LinearNode? Merge(LinearNode first, GraphNode second)
    {
        switch (second)
        {
            case BatchNormNode norm:
                return new LinearNode(first.Input, norm.Output, first.Weights.Then(norm.Weights), first.Rows);
            case LinearNode next when next.Rows == first.Rows:
                var apart = first.Cost + next.Cost;
                var merged = LinearNode.CostOf(
                    new LinearWeights(string.Empty, first.Weights.Input, next.Weights.Output, [], null), first.Rows);
                return merged.MultiplyAccumulates < apart.MultiplyAccumulates
                    ? new LinearNode(first.Input, next.Output, first.Weights.Then(next.Weights), first.Rows)
                    : null;
            default:
                return null;
        }
    }

    private static int Readers(List<GraphNode> nodes, string value) => nodes.Sum(node => node.Inputs.Count(input => input == value));
}
