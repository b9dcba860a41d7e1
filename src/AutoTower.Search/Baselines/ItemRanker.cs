using AutoTower.Search.Data;
using AutoTower.Search.Evaluation;

namespace AutoTower.Search.Baselines;

/// <summary>Ranks items on the host by scores that come from counting training interactions: floors that a learnt model must beat.</summary>
public abstract class ItemRanker
{
    private readonly int[] _popularity;

    private protected ItemRanker(Dataset dataset, DataSplit split)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(split);
        Dataset = dataset;
        _popularity = new int[dataset.Items.Count];
        foreach (var interaction in split.Train)
        {
            _popularity[dataset.Interactions.Items[interaction]]++;
        }
    }

    /// <summary>The data set.</summary>
    protected Dataset Dataset { get; }

    /// <summary>
    /// Test metrics; items of equal scores come in the order of their popularity, then of their ids. A user costs what is scored, not the
    /// number of items: those without a score follow in an order that is the same for everybody.
    /// </summary>
    /// <param name="queries">Who is ranked for, what is excluded, what is to be found.</param>
    /// <param name="protocol">The protocol the queries were made for.</param>
    public RankingMetrics Evaluate(RankingQueries queries, EvaluationProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(queries);
        var accumulator = new MetricAccumulator(protocol, FullRanking.Cutoffs);
        var ranked = new int[FullRanking.Cutoffs[^1]];
        var byPopularity = ByPopularity();
        var scores = new ItemScores(Dataset.Items.Count);
        for (var query = 0; query < queries.Count; query++)
        {
            scores.Clear();
            Score(Dataset.Interactions.Users[queries.Interactions[query]], scores);
            Rank(scores, byPopularity, queries.Excluded(query), ranked);
            accumulator.Add(ranked, queries.Relevant[query]);
        }

        return accumulator.ToMetrics();
    }

    /// <summary>Gives some items scores for a user; all others have none.</summary>
    private protected abstract void Score(int user, ItemScores scores);

    private int[] ByPopularity()
    {
        var keys = new long[_popularity.Length - 1];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = ((long)(int.MaxValue - _popularity[i + 1]) << 32) | (uint)(i + 1);
        }

        keys.AsSpan().Sort();
        return Array.ConvertAll(keys, key => (int)key);
    }

    private void Rank(ItemScores scores, int[] byPopularity, ReadOnlySpan<int> excluded, Span<int> ranked)
    {
        var count = 0;
        foreach (var item in scores.Descending(_popularity))
        {
            if (count < ranked.Length && excluded.BinarySearch(item) < 0)
            {
                ranked[count++] = item;
            }
        }

        for (var i = 0; i < byPopularity.Length && count < ranked.Length; i++)
        {
            if (scores[byPopularity[i]] == 0 && excluded.BinarySearch(byPopularity[i]) < 0)
            {
                ranked[count++] = byPopularity[i];
            }
        }

        ranked[count..].Fill(-1);
    }
}
