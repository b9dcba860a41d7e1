using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>
/// The exponential of arguments up to 0, as a softmax behind the subtraction of the maximum needs it: within 2 units in the last place,
/// 0 instead of subnormal numbers, NaN for NaN.
/// </summary>
internal static class VectorExponential
{
    private const float Smallest = -87.3f;
    private const float LogarithmOfTwoHigh = 0.693359375f;
    private const float LogarithmOfTwoLow = -2.12194440e-4f;

    /// <summary>exp(x) for x &lt;= 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> OfNonPositive(Vector256<float> x)
    {
        // exp(x) = 2^n exp(r) with |r| <= log(2) / 2; the polynomial is that of Cephes' expf.
        var n = Vector256.Round(x * 1.44269504088896341f);
        var r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-LogarithmOfTwoHigh), x);
        r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-LogarithmOfTwoLow), r);
        var p = Vector256.Create(1.9875691500e-4f);
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1.3981999507e-3f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(8.3334519073e-3f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(4.1665795894e-2f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1.6666665459e-1f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(5.0000001201e-1f));
        p = Vector256.MultiplyAddEstimate(p, r * r, r + Vector256<float>.One);
        var power = Vector256.ShiftLeft(Vector256.ConvertToInt32(n) + Vector256.Create(127), 23).AsSingle();
        return Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(Smallest)), Vector256<float>.Zero, p * power);
    }
}
