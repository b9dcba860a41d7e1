using AutoTower.Search.Data;

namespace AutoTower.Search.Reproduction;

/// <summary>Spearman's rank correlation of two measurements with a bootstrap interval.</summary>
/// <param name="Count">Number of pairs.</param>
/// <param name="Correlation">Pearson's correlation of the ranks, ties at their mean rank; NaN where one of the two is constant.</param>
/// <param name="Low">2.5th percentile over resampled pairs.</param>
/// <param name="High">97.5th percentile over resampled pairs.</param>
public sealed record Spearman(int Count, double Correlation, double Low, double High)
{
    private const int Resamples = 2000;
    private const ulong ResampleStream = 17;

    /// <summary>Correlates <paramref name="first"/> with <paramref name="second"/>.</summary>
    /// <param name="first">One measurement of each subject.</param>
    /// <param name="second">Another, in the same order.</param>
    /// <param name="seed">Seed of the resampling.</param>
    public static Spearman Of(IReadOnlyList<double> first, IReadOnlyList<double> second, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count)
        {
            throw new ArgumentException($"{first.Count} and {second.Count} measurements can't be paired.");
        }

        var random = new SplitMix64(seed, ResampleStream);
        var resampled = new List<double>();
        for (var i = 0; i < Resamples; i++)
        {
            int[] picks = [.. Enumerable.Range(0, first.Count).Select(_ => random.NextBelow(first.Count))];
            var correlation = Correlate([.. picks.Select(pick => first[pick])], [.. picks.Select(pick => second[pick])]);
            if (double.IsFinite(correlation))
            {
                resampled.Add(correlation);
            }
        }

        resampled.Sort();
        return new Spearman(first.Count, Correlate(first, second), Percentile(0.025), Percentile(0.975));

        double Percentile(double share) => resampled.Count == 0 ? double.NaN : resampled[(int)Math.Round(share * (resampled.Count - 1))];
    }

    /// <summary>Ranks from 1, equal values at the mean of their ranks.</summary>
    internal static double[] Ranks(IReadOnlyList<double> values)
    {
        var order = Enumerable.Range(0, values.Count).OrderBy(i => values[i]).ToArray();
        var ranks = new double[values.Count];
        for (var first = 0; first < order.Length;)
        {
            var end = first + 1;
            while (end < order.Length && values[order[end]].Equals(values[order[first]]))
            {
                end++;
            }

            for (var place = first; place < end; place++)
            {
                ranks[order[place]] = (first + 1 + end) / 2.0;
            }

            first = end;
        }

        return ranks;
    }

    private static double Correlate(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        var (x, y) = (Ranks(first), Ranks(second));
        var mean = (x.Length + 1) / 2.0;
        var covariance = x.Zip(y).Sum(pair => (pair.First - mean) * (pair.Second - mean));
        return covariance / Math.Sqrt(x.Sum(rank => (rank - mean) * (rank - mean)) * y.Sum(rank => (rank - mean) * (rank - mean)));
    }
}
