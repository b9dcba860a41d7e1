namespace AutoTower.Search.Comparison;

/// <summary>Student's t-test on paired differences: is their mean zero?</summary>
/// <param name="Pairs">Number of pairs.</param>
/// <param name="MeanDifference">Mean of second minus first; NaN without pairs.</param>
/// <param name="T">Mean over its standard error; NaN with fewer than two pairs.</param>
/// <param name="P">Two-sided probability of a T at least as far from zero; NaN with fewer than two pairs, or when nothing differs.</param>
public sealed record PairedTest(int Pairs, double MeanDifference, double T, double P)
{
    /// <summary>Tests second minus first.</summary>
    /// <param name="pairs">The pairs.</param>
    public static PairedTest Of(IReadOnlyList<(double First, double Second)> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var difference = Sample.Of([.. pairs.Select(pair => pair.Second - pair.First)]);
        var t = difference.Mean / (difference.StandardDeviation / Math.Sqrt(pairs.Count));
        return new PairedTest(
            pairs.Count, difference.Mean, t, double.IsNaN(t) ? double.NaN : StudentDistribution.TwoSidedP(t, pairs.Count - 1));
    }
}

/// <summary>Values of one metric over seeds.</summary>
/// <param name="Count">Number of values.</param>
/// <param name="Mean">Their mean; NaN without values.</param>
/// <param name="StandardDeviation">With n - 1 in the denominator; NaN with fewer than two values.</param>
public sealed record Sample(int Count, double Mean, double StandardDeviation)
{
    /// <summary>Summarises <paramref name="values"/>.</summary>
    public static Sample Of(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var mean = values.Sum() / values.Count;
        var squares = values.Sum(value => (value - mean) * (value - mean));
        return new Sample(values.Count, mean, values.Count > 1 ? Math.Sqrt(squares / (values.Count - 1)) : double.NaN);
    }
}
