using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>Rule in common/adam.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct AdamKernelRule(AdamRule rule)
{
    private readonly nint _corrections = rule.Corrections.Address;
    private readonly int _correctionCount = rule.Corrections.Rows;
    private readonly int _replayed = rule.Replayed;
    private readonly float _beta1 = rule.Settings.Beta1;
    private readonly float _beta2 = rule.Settings.Beta2;
    private readonly float _epsilon = rule.Settings.Epsilon;
    private readonly float _weightDecay = rule.Settings.WeightDecay;
    private readonly float _maximumNorm = rule.Settings.MaximumNorm;
}

/// <summary>NormParts in common/adam.cuh.</summary>
/// <param name="Partials">Sums of squares of the blocks of all launches.</param>
/// <param name="Factor">Factor of the gradients.</param>
/// <param name="Norm">The norm.</param>
/// <param name="Counter">A completion counter.</param>
/// <param name="PartialCount">Blocks of all launches.</param>
/// <param name="FirstPartial">Blocks of the launches before.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct AdamNormParts(nint Partials, nint Factor, nint Norm, nint Counter, int PartialCount, int FirstPartial);
