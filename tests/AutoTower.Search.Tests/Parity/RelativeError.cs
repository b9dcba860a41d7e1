namespace AutoTower.Search.Tests.Parity;

/// <summary>Norm of the difference over norm of the reference, or over a floor where that is larger.</summary>
internal static class RelativeError
{
    public static double Of(ReadOnlySpan<float> reference, ReadOnlySpan<float> tested, double floor = 0)
    {
        Assert.Equal(reference.Length, tested.Length);
        double difference = 0;
        double norm = 0;
        for (var i = 0; i < reference.Length; i++)
        {
            difference += Math.Pow((double)tested[i] - reference[i], 2);
            norm += Math.Pow(reference[i], 2);
        }

        return difference == 0 ? 0 : Math.Sqrt(difference) / Math.Max(Math.Sqrt(norm), floor);
    }

    public static void AssertBelow(double bound, ReadOnlySpan<float> reference, ReadOnlySpan<float> tested, string what, double floor = 0)
    {
        var error = Of(reference, tested, floor);
        // Not a number must fail.
        Assert.True(error <= bound, $"{what}: relative error {error:E2}, bound {bound:E0}");
    }
}
