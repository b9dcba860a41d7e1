namespace AutoTower.Search.Comparison;

/// <summary>Student's t distribution.</summary>
public static class StudentDistribution
{
    private const int MaximumTerms = 10_000;
    private const double Tiny = 1e-300;

    /// <summary>The probability that |T| is at least |<paramref name="t"/>| with <paramref name="degrees"/> degrees of freedom.</summary>
    public static double TwoSidedP(double t, double degrees)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(degrees);
        return double.IsInfinity(t) ? 0 : RegularisedIncompleteBeta(degrees / (degrees + (t * t)), degrees / 2, 0.5);
    }

    /// <summary>I_x(a, b), by its continued fraction on the side where that converges fast (Abramowitz and Stegun, 26.5.8).</summary>
    private static double RegularisedIncompleteBeta(double x, double a, double b)
    {
        if (x is <= 0 or >= 1 || double.IsNaN(x))
        {
            return x;
        }

        if (x > (a + 1) / (a + b + 2))
        {
            return 1 - RegularisedIncompleteBeta(1 - x, b, a);
        }

        var front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + (a * Math.Log(x)) + (b * Math.Log(1 - x)));
        return front * ContinuedFraction(x, a, b) / a;
    }

    // Lentz's method.
    private static double ContinuedFraction(double x, double a, double b)
    {
        var numerator = 1.0;
        var denominator = 1 / Guarded(1 - ((a + b) * x / (a + 1)));
        var value = denominator;
        for (var m = 1; m < MaximumTerms; m++)
        {
            Step(m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m))));
            var before = value;
            Step(-(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1)));
            if (Math.Abs(value - before) <= 1e-16 * Math.Abs(value))
            {
                break;
            }
        }

        return value;

        void Step(double coefficient)
        {
            denominator = 1 / Guarded(1 + (coefficient * denominator));
            numerator = Guarded(1 + (coefficient / numerator));
            value *= denominator * numerator;
        }
    }

    private static double Guarded(double value) => Math.Abs(value) < Tiny ? Tiny : value;

    /// <summary>ln Γ(x) for x > 0 (Lanczos, g = 7, nine terms).</summary>
    private static double LogGamma(double x)
    {
        ReadOnlySpan<double> coefficients =
        [
            676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
            12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
        ];
        if (x < 0.5)
        {
            return Math.Log(Math.PI / Math.Sin(Math.PI * x)) - LogGamma(1 - x);
        }

        x -= 1;
        var sum = 0.99999999999980993;
        for (var i = 0; i < coefficients.Length; i++)
        {
            sum += coefficients[i] / (x + i + 1);
        }

        var t = x + coefficients.Length - 0.5;
        return (0.5 * Math.Log(2 * Math.PI)) + ((x + 0.5) * Math.Log(t)) - t + Math.Log(sum);
    }
}
