using AutoTower.Search.Data;

namespace AutoTower.Search.Baselines;

/// <summary>Recommends the items with most training interactions to everybody.</summary>
/// <param name="dataset">The data set.</param>
/// <param name="split">Its split.</param>
public sealed class MostPopular(Dataset dataset, DataSplit split) : ItemRanker(dataset, split)
{
    /// <summary>Nothing: items without a score come in the order of their popularity.</summary>
    private protected override void Score(int user, ItemScores scores)
    {
    }
}
