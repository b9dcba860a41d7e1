namespace AutoTower.Search.Tests.Parity;

/// <summary>Norm of the difference over norm of the reference.</summary>
internal static class RelativeDifference
{
    /// <summary>Fails with <paramref name="what"/> and both norms where the difference is larger than <paramref name="bound"/>, or not a number.</summary>
    public static void AssertWithin(double bound, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what, double floor = 1e-12)
    {
        Assert.Equal(expected.Length, actual.Length);
        var difference = 0.0;
        var norm = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)expected[i] - actual[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        var relative = Math.Sqrt(difference) / Math.Max(Math.Sqrt(norm), floor);
        Assert.True(relative <= bound, $"{what}: relative difference {relative:E2}, allowed {bound:E2}, norm {Math.Sqrt(norm):E2}");
    }
}
