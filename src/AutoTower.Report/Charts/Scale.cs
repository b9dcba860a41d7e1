using System.Globalization;

namespace AutoTower.Report.Charts;

/// <summary>A linear axis: values from <paramref name="Low"/> to <paramref name="High"/> on pixels from <paramref name="From"/> to
/// <paramref name="To"/>.</summary>
internal readonly record struct Scale(double Low, double High, double From, double To)
{
    public double At(double value) => From + ((value - Low) / (High - Low) * (To - From));

    /// <summary>A scale whose ends are round numbers around the values.</summary>
    public static Scale Around(IEnumerable<double> values, bool fromZero, int ticks, double from, double to)
    {
        var known = values.Where(double.IsFinite).DefaultIfEmpty(0).ToArray();
        var (low, high) = (fromZero ? Math.Min(0, known.Min()) : known.Min(), known.Max());
        if (high - low < 1e-9 * Math.Max(1, Math.Abs(high)))
        {
            (low, high) = (low == 0 ? 0 : low - Math.Abs(0.1 * low), high == 0 ? 1 : high + Math.Abs(0.1 * high));
        }

        var step = Step(high - low, ticks);
        return new Scale(Math.Floor((low / step) + 1e-9) * step, Math.Ceiling((high / step) - 1e-9) * step, from, to);
    }

    /// <summary>A scale that ends at the smallest and the largest value.</summary>
    public static Scale Tight(IEnumerable<double> values, double from, double to)
    {
        var known = values.Where(double.IsFinite).DefaultIfEmpty(0).ToArray();
        return new Scale(known.Min(), Math.Max(known.Max(), known.Min() + 1), from, to);
    }

    public IEnumerable<double> Ticks(int count)
    {
        var step = Step(High - Low, count);
        var first = (long)Math.Ceiling((Low / step) - 1e-9);
        var last = (long)Math.Floor((High / step) + 1e-9);
        for (var i = first; i <= last; i++)
        {
            yield return i * step;
        }
    }

    /// <summary>A number on this axis with as many digits as its ticks need, thousands as k and millions as M.</summary>
    public string Label(double value, int count)
    {
        var step = Step(High - Low, count);
        var largest = Math.Max(Math.Abs(Low), Math.Abs(High));
        var (unit, suffix) = largest switch
        {
            >= 1e6 => (1e6, " M"),
            >= 1e4 => (1e3, " k"),
            _ => (1.0, string.Empty),
        };
        if (value == 0)
        {
            return "0";
        }

        var digits = Math.Clamp((int)Math.Ceiling(-Math.Log10(step / unit) - 1e-9), 0, 6);
        return (value / unit).ToString("F" + digits, CultureInfo.InvariantCulture) + suffix;
    }

    private static double Step(double range, int count)
    {
        var rough = range / Math.Max(1, count);
        var magnitude = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return (rough / magnitude) switch
        {
            <= 1 => magnitude,
            <= 2 => 2 * magnitude,
            <= 5 => 5 * magnitude,
            _ => 10 * magnitude,
        };
    }
}
