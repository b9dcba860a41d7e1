using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>The constants of Adam and its one formula, in PyTorch's form and order: w, m and v move by a gradient that was clipped.</summary>
internal readonly struct AdamRates(AdamSettings settings)
{
    private readonly float _decay = settings.WeightDecay;
    private readonly float _rate1 = (float)(1 - (double)settings.Beta1);
    private readonly float _beta2 = settings.Beta2;
    private readonly float _rate2 = (float)(1 - (double)settings.Beta2);
    private readonly float _epsilon = settings.Epsilon;

    /// <summary>Eight values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Move(ref Vector256<float> w, Vector256<float> gradient, ref Vector256<float> m, ref Vector256<float> v, AdamCorrection correction)
    {
        var g = gradient + w * _decay;
        m += (g - m) * _rate1;
        v = v * _beta2 + g * g * _rate2;
        w -= m / (Vector256.Sqrt(v) / correction.Root + Vector256.Create(_epsilon)) * correction.StepSize;
    }

    /// <summary>One value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Move(ref float w, float gradient, ref float m, ref float v, AdamCorrection correction)
    {
        var g = gradient + w * _decay;
        m += (g - m) * _rate1;
        v = v * _beta2 + g * g * _rate2;
        w -= m / (MathF.Sqrt(v) / correction.Root + _epsilon) * correction.StepSize;
    }
}

/// <summary>The bias corrections of an update, laid out as a row of <see cref="AdamRule.Corrections"/>.</summary>
/// <param name="StepSize">lr / (1 - beta1^t).</param>
/// <param name="Root">sqrt(1 - beta2^t).</param>
internal readonly record struct AdamCorrection(float StepSize, float Root)
{
    /// <summary>Those of update <paramref name="step"/>, from 1.</summary>
    public static unsafe AdamCorrection Of(Matrix table, int step) => ((AdamCorrection*)table.Address)[Math.Min(step, table.Rows) - 1];
}
