using System.Numerics;
using System.Runtime.CompilerServices;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>Multiples of one contiguous row.</summary>
internal static unsafe class VectorScale
{
    /// <summary>y += factor * x over <paramref name="length"/> elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(float* y, float* x, float factor, int length)
    {
        var i = 0;
        for (; i + Vector<float>.Count <= length; i += Vector<float>.Count)
        {
            (Vector.Load(y + i) + Vector.Load(x + i) * factor).Store(y + i);
        }

        for (; i < length; i++)
        {
            y[i] += x[i] * factor;
        }
    }

    /// <summary>y *= factor over <paramref name="length"/> elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* y, int length, float factor)
    {
        var i = 0;
        for (; i + Vector<float>.Count <= length; i += Vector<float>.Count)
        {
            (Vector.Load(y + i) * factor).Store(y + i);
        }

        for (; i < length; i++)
        {
            y[i] *= factor;
        }
    }
}
