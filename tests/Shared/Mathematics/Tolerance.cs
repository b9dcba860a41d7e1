namespace AutoTower.Tests.Mathematics;

/// <summary>How far a float32 result may lie from its definition in double: absolute + relative |expected|.</summary>
internal readonly record struct Tolerance(double Absolute, double Relative)
{
    /// <summary>
    /// Sums of up to some hundred products of numbers below 1, whose rounding errors (6e-8 each, of either sign) add up to some 1e-6, and
    /// the gradient that was already there (below 1), which costs another 6e-8.
    /// </summary>
    public static Tolerance ShortSums { get; } = new(3e-6, 1e-5);

    /// <summary>Demands closeness; <paramref name="what"/> names the element in the message.</summary>
    public void Check(double expected, double actual, string what)
    {
        var bound = Absolute + (Relative * Math.Abs(expected));
        Assert.True(Math.Abs(actual - expected) <= bound, $"{what}: {actual:R} for {expected:R} +- {bound:G2}");
    }
}
