namespace AutoTower.Search.Reproduction;

/// <summary>What the paper prints for a model on a data set; null where it prints nothing.</summary>
/// <param name="Recall">Recall@50 in %.</param>
/// <param name="Ndcg">NDCG@50 in %.</param>
/// <param name="Parameters">Parameters in millions.</param>
/// <param name="Flops">FLOPs in millions.</param>
public sealed record PrintedResult(double? Recall = null, double? Ndcg = null, double? Parameters = null, double? Flops = null);
