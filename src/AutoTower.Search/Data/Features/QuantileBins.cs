namespace AutoTower.Search.Data.Features;

/// <summary>
/// Bins of about equally many values each. Bin b of k ends at the ceil(b n / k)-th of the n sorted values; ends that coincide are one bin, so
/// that equal values always share one and there are at most as many bins as distinct values.
/// </summary>
internal sealed class QuantileBins
{
    private readonly double[] _ends;

    /// <param name="values">All values, in any order.</param>
    /// <param name="count">Most bins.</param>
    public QuantileBins(IEnumerable<double> values, int count)
    {
        double[] sorted = [.. values.Order()];
        _ends = sorted.Length == 0
            ? []
            : [.. Enumerable.Range(1, count).Select(bin => sorted[(int)((((long)bin * sorted.Length) + count - 1) / count) - 1]).Distinct()];
    }

    /// <summary>Number of bins.</summary>
    public int Count => _ends.Length;

    /// <summary>The bin of one of the values, from 1.</summary>
    public int Of(double value)
    {
        var position = Array.BinarySearch(_ends, value);
        return 1 + (position >= 0 ? position : ~position);
    }
}
