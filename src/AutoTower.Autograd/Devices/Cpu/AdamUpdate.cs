using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>One Adam update with the constants of a segment's step.</summary>
/// <param name="rates">Hyper-parameters.</param>
/// <param name="clip">Factor of the gradients.</param>
/// <param name="correction">The step's bias corrections.</param>
internal readonly unsafe struct AdamUpdate(AdamRates rates, float clip, AdamCorrection correction)
{
    /// <summary>Updates <paramref name="length"/> parameters and their moments and sets their gradients to zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(float* value, float* gradient, float* first, float* second, int length)
    {
        var i = 0;
        for (; i + 8 <= length; i += 8)
        {
            var w = Vector256.Load(value + i);
            var m = Vector256.Load(first + i);
            var v = Vector256.Load(second + i);
            rates.Move(ref w, Vector256.Load(gradient + i) * clip, ref m, ref v, correction);
            w.Store(value + i);
            m.Store(first + i);
            v.Store(second + i);
            Vector256<float>.Zero.Store(gradient + i);
        }

        for (; i < length; i++)
        {
            rates.Move(ref value[i], gradient[i] * clip, ref first[i], ref second[i], correction);
            gradient[i] = 0;
        }
    }
}
