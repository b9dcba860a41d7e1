using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>One row of the corrected batch softmax.</summary>
internal static unsafe class SoftmaxRow
{
    /// <summary>
    /// Replaces inner products by softmax(product / temperature - logProbability) and returns the logarithm of the softmax at
    /// <paramref name="target"/>, which is taken before the exponential so that it does not underflow.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Apply(float* row, int length, float temperature, float* logProbability, int target)
    {
        var inverse = 1 / temperature;
        var maximum = Scale(row, length, inverse, logProbability);
        var logit = row[target];
        var sum = Exponentials(row, length, maximum);
        VectorScale.Scale(row, length, (float)(1 / sum));
        return (double)logit - maximum - Math.Log(sum);
    }

    private static float Scale(float* row, int length, float inverse, float* logProbability)
    {
        var maxima = Vector256.Create(float.NegativeInfinity);
        var i = 0;
        for (; i + 8 <= length; i += 8)
        {
            var logit = Vector256.Load(row + i) * inverse;
            if (logProbability != null)
            {
                logit -= Vector256.Load(logProbability + i);
            }

            logit.Store(row + i);
            maxima = Vector256.MaxNative(maxima, logit);
        }

        var maximum = float.NegativeInfinity;
        for (var lane = 0; lane < 8; lane++)
        {
            maximum = maxima[lane] > maximum ? maxima[lane] : maximum;
        }

        for (; i < length; i++)
        {
            row[i] = row[i] * inverse - (logProbability == null ? 0 : logProbability[i]);
            maximum = row[i] > maximum ? row[i] : maximum;
        }

        return maximum;
    }

    private static double Exponentials(float* row, int length, float maximum)
    {
        Vector256<double> even = default, odd = default;
        var i = 0;
        for (; i + 8 <= length; i += 8)
        {
            var value = VectorExponential.OfNonPositive(Vector256.Load(row + i) - Vector256.Create(maximum));
            value.Store(row + i);
            var (low, high) = Vector256.Widen(value);
            even += low;
            odd += high;
        }

        var sum = Vector256.Sum(even + odd);
        for (; i < length; i++)
        {
            row[i] = VectorExponential.OfNonPositive(Vector256.Create(row[i] - maximum))[0];
            sum += row[i];
        }

        return sum;
    }
}
