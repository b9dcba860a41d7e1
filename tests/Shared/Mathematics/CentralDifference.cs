namespace AutoTower.Tests.Mathematics;

/// <summary>Derivatives of a function in double, by central differences.</summary>
internal static class CentralDifference
{
    /// <summary>
    /// With h near 1e-6, terms of third order are some 1e-12 of the function's third derivative and rounding is some 1e-10 of its value: both
    /// are far below what float32 resolves, so what a comparison finds is an error of the float side.
    /// </summary>
    private const double Step = 1.0 / (1 << 20);

    /// <summary>The derivative of <paramref name="function"/> with respect to <paramref name="values"/>[<paramref name="index"/>].</summary>
    public static double Of(Func<double> function, double[] values, int index)
    {
        var kept = values[index];
        values[index] = kept + Step;
        var above = function();
        values[index] = kept - Step;
        var below = function();
        values[index] = kept;
        return (above - below) / (2 * Step);
    }
}
