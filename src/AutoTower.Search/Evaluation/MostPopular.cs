using AutoTower.Search.Data;

namespace AutoTower.Search.Evaluation;

/// <summary>Recommends the items with most training interactions to everybody: the floor that a learnt model must beat.</summary>
public static class MostPopular
{
    /// <summary>Metrics of the popularity order (count descending, then item id ascending) under <paramref name="protocol"/>.</summary>
    public static RankingMetrics Evaluate(Dataset dataset, DataSplit split, RankingQueries queries, EvaluationProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(split);
        ArgumentNullException.ThrowIfNull(queries);
        var counts = new int[dataset.Items.Count];
        foreach (var interaction in split.Train)
        {
            counts[dataset.Interactions.Items[interaction]]++;
        }

        var order = Enumerable.Range(1, dataset.Items.Count - 1).OrderByDescending(item => counts[item]).ThenBy(item => item).ToArray();
        var accumulator = new MetricAccumulator(protocol, FullRanking.Cutoffs);
        var ranked = new int[FullRanking.Cutoffs[^1]];
        for (var query = 0; query < queries.Count; query++)
        {
            var excluded = queries.Excluded(query);
            ranked.AsSpan().Fill(-1);
            var found = 0;
            foreach (var item in order)
            {
                if (excluded.BinarySearch(item) >= 0)
                {
                    continue;
                }

                ranked[found++] = item;
                if (found == ranked.Length)
                {
                    break;
                }
            }

            accumulator.Add(ranked, queries.Relevant[query]);
        }

        return accumulator.ToMetrics();
    }
}
