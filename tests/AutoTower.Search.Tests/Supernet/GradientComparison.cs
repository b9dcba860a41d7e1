using AutoTower.Tests.Mathematics;

namespace AutoTower.Search.Tests.Supernet;

/// <summary>Comparison of a float32 gradient that has passed several layers with central differences in double.</summary>
internal static class GradientComparison
{
    /// <summary>Checks an even selection of <paramref name="samples"/> elements.</summary>
    /// <param name="name">Named in the message.</param>
    /// <param name="loss">The function in double, which reads <paramref name="values"/>.</param>
    /// <param name="values">What it is differentiated by.</param>
    /// <param name="gradient">The gradient of the float side.</param>
    /// <param name="samples">Number of elements, about.</param>
    /// <param name="largestOfAll">Largest gradient of any parameter.</param>
    /// <remarks>
    /// An element's error is relative to the largest ones of its tensor, not to itself: some hundred roundings of 6e-8, times the factors that
    /// division by small deviations puts on them. Where terms cancel altogether, as for a bias ahead of batch norm, whose gradient is 0, the
    /// roundings of the terms are left, which are as large as gradients elsewhere.
    /// </remarks>
    public static void Check(string name, Func<double> loss, double[] values, ReadOnlySpan<float> gradient, int samples, float largestOfAll)
    {
        var tolerance = new Tolerance(2e-6 + (2e-5 * largestOfAll) + (2e-4 * Largest(gradient)), 2e-4);
        var stride = Math.Max(1, values.Length / samples) | 1; // Odd, so that it does not keep to the same columns.
        for (var i = 0; i < values.Length; i += stride)
        {
            tolerance.Check(CentralDifference.Of(loss, values, i), gradient[i], $"gradient of {name}[{i}]");
        }
    }

    public static float Largest(ReadOnlySpan<float> gradient)
    {
        var largest = 0f;
        foreach (var element in gradient)
        {
            largest = Math.Max(largest, Math.Abs(element));
        }

        return largest;
    }
}
