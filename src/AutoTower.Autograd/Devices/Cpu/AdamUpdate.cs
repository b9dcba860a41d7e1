using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>One Adam update with the constants of a parameter group's step, in PyTorch's form and order.</summary>
internal readonly unsafe struct AdamUpdate
{
    private readonly float _clip;
    private readonly float _decay;
    private readonly float _rate1;
    private readonly float _beta2;
    private readonly float _rate2;
    private readonly float _stepSize;
    private readonly float _rootCorrection;
    private readonly float _epsilon;

    /// <summary>Prepares update number <paramref name="step"/> (from 1) with gradients scaled by <paramref name="clip"/>.</summary>
    public AdamUpdate(AdamSettings settings, float clip, int step)
    {
        _clip = clip;
        _decay = settings.WeightDecay;
        _rate1 = (float)(1 - (double)settings.Beta1);
        _beta2 = settings.Beta2;
        _rate2 = (float)(1 - (double)settings.Beta2);
        _stepSize = (float)(settings.LearningRate / (1 - Math.Pow(settings.Beta1, step)));
        _rootCorrection = (float)Math.Sqrt(1 - Math.Pow(settings.Beta2, step));
        _epsilon = settings.Epsilon;
    }

    /// <summary>Updates <paramref name="length"/> parameters and their moments and sets their gradients to zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(float* value, float* gradient, float* first, float* second, int length)
    {
        var i = 0;
        for (; i + 8 <= length; i += 8)
        {
            var w = Vector256.Load(value + i);
            var g = Vector256.Load(gradient + i) * _clip + w * _decay;
            var m = Vector256.Load(first + i);
            m += (g - m) * _rate1;
            var v = Vector256.Load(second + i) * _beta2 + g * g * _rate2;
            var denominator = Vector256.Sqrt(v) / _rootCorrection + Vector256.Create(_epsilon);
            (w - m / denominator * _stepSize).Store(value + i);
            m.Store(first + i);
            v.Store(second + i);
            Vector256<float>.Zero.Store(gradient + i);
        }

        for (; i < length; i++)
        {
            var g = gradient[i] * _clip + value[i] * _decay;
            first[i] += (g - first[i]) * _rate1;
            second[i] = second[i] * _beta2 + g * g * _rate2;
            value[i] -= first[i] / (MathF.Sqrt(second[i]) / _rootCorrection + _epsilon) * _stepSize;
            gradient[i] = 0;
        }
    }
}
