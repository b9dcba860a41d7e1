using AutoTower.Search.Data;

namespace AutoTower.Search.Baselines;

/// <summary>Recommends the items with most training interactions to everybody.</summary>
/// <param name="dataset">The data set.</param>
/// <param name="split">Its split.</param>
public sealed class MostPopular(Dataset dataset, DataSplit split) : ItemRanker(dataset, split)
{
    /// <inheritdoc/>
    protected override void Score(int user, Span<double> scores)
    {
        for (var item = 1; item < scores.Length; item++)
        {
            scores[item] = Popularity[item];
        }
    }
}
