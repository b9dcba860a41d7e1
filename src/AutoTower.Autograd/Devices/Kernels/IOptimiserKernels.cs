namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>The flat memory of all trainable parameters: four slabs of equal length, and one update counter a group.</summary>
/// <param name="Values">Parameter values.</param>
/// <param name="Gradients">Gradients; the update reads them and sets them to zero.</param>
/// <param name="FirstMoments">Adam m.</param>
/// <param name="SecondMoments">Adam v.</param>
/// <param name="StepCounts">Per group: updates so far (int32).</param>
public readonly record struct ParameterSlabs(nint Values, nint Gradients, nint FirstMoments, nint SecondMoments, IntegerArray StepCounts);

/// <summary>A contiguous range of the slabs that moves together.</summary>
/// <param name="Offset">First element; a multiple of 16.</param>
/// <param name="Length">Number of elements.</param>
/// <param name="Group">Index into the step counters.</param>
public readonly record struct ParameterSegment(long Offset, int Length, int Group);

/// <summary>Adam with L2 weight decay and global-norm clipping (SPEC.md: lr 0.001, decay 1e-6, clip 5).</summary>
/// <param name="LearningRate">lr.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="WeightDecay">Added to the clipped gradient as decay * value.</param>
/// <param name="MaximumNorm">Global gradient norm above which gradients are scaled down; 0 switches clipping off.</param>
public sealed record AdamSettings(
    float LearningRate = 1e-3f, float Beta1 = 0.9f, float Beta2 = 0.999f, float Epsilon = 1e-8f, float WeightDecay = 1e-6f, float MaximumNorm = 5f);

/// <summary>Updates the parameters of a path.</summary>
public interface IOptimiserKernels
{
    /// <summary>
    /// Over the given segments and no others: norm = |g|; g *= min(1, max / (norm + 1e-6)); g += decay * w; group step + 1; Adam update;
    /// gradients set to zero. The square sum is accumulated in double (or pairwise) so that it does not depend on thread counts.
    /// </summary>
    /// <param name="slabs">All parameters.</param>
    /// <param name="segments">What this step touched, each group at most once.</param>
    /// <param name="settings">Hyper-parameters.</param>
    /// <param name="norm">(1, 1): receives the norm before clipping.</param>
    void ClipAndUpdate(ParameterSlabs slabs, ReadOnlySpan<ParameterSegment> segments, AdamSettings settings, Matrix norm);
}
