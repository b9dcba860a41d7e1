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

    /// <summary>Training interactions by item.</summary>
    protected IReadOnlyList<int> Popularity => _popularity;

    /// <summary>Test metrics; items of equal scores come in the order of their popularity, then of their ids.</summary>
    /// <param name="queries">Who is ranked for, what is excluded, what is to be found.</param>
    /// <param name="protocol">The protocol the queries were made for.</param>
    public RankingMetrics Evaluate(RankingQueries queries, EvaluationProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(queries);
        var accumulator = new MetricAccumulator(protocol, FullRanking.Cutoffs);
        var depth = FullRanking.Cutoffs[^1];
        var ranked = new int[depth];
        var scores = new double[Dataset.Items.Count];
        var best = new PriorityQueue<int, int>(depth + 1, Comparer<int>.Create((left, right) => -Compare(scores, left, right)));
        for (var query = 0; query < queries.Count; query++)
        {
            scores.AsSpan().Clear();
            Score(Dataset.Interactions.Users[queries.Interactions[query]], scores);
            var excluded = queries.Excluded(query);
            for (var item = 1; item < scores.Length; item++)
            {
                if (excluded.BinarySearch(item) >= 0 || (best.Count == depth && Compare(scores, item, best.Peek()) > 0))
                {
                    continue;
                }

                best.Enqueue(item, item);
                if (best.Count > depth)
                {
                    best.Dequeue();
                }
            }

            ranked.AsSpan().Fill(-1);
            while (best.Count > 0)
            {
                var last = best.Count - 1;
                ranked[last] = best.Dequeue();
            }

            accumulator.Add(ranked, queries.Relevant[query]);
        }

        return accumulator.ToMetrics();
    }

    /// <summary>Adds a user's scores to zeros, one an item id.</summary>
    protected abstract void Score(int user, Span<double> scores);

    // Below zero where the left item comes before the right one.
    private int Compare(double[] scores, int left, int right)
    {
        var order = scores[right].CompareTo(scores[left]);
        order = order != 0 ? order : _popularity[right].CompareTo(_popularity[left]);
        return order != 0 ? order : left.CompareTo(right);
    }
}
