namespace AutoTower.Autograd.Devices.Kernels;

/// <summary>The flat memory of all trainable parameters: four slabs of equal length, and counters of updates.</summary>
/// <param name="Values">Parameter values.</param>
/// <param name="Gradients">Gradients; the update reads them and sets them to zero.</param>
/// <param name="FirstMoments">Adam m.</param>
/// <param name="SecondMoments">Adam v.</param>
/// <param name="StepCounts">Updates so far of each segment and each table that is updated by row (int32).</param>
public readonly record struct ParameterSlabs(nint Values, nint Gradients, nint FirstMoments, nint SecondMoments, IntegerArray StepCounts);

/// <summary>A contiguous range of the slabs that moves together.</summary>
/// <param name="Offset">First element; a multiple of 16.</param>
/// <param name="Length">Number of elements.</param>
/// <param name="Counter">Index into the step counters.</param>
public readonly record struct ParameterSegment(long Offset, int Length, int Counter);

/// <summary>Adam with L2 weight decay and global-norm clipping (SPEC.md: lr 0.001, decay 1e-6, clip 5).</summary>
/// <param name="LearningRate">lr.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="WeightDecay">Added to the clipped gradient as decay * value.</param>
/// <param name="MaximumNorm">Global gradient norm above which gradients are scaled down; 0 switches clipping off.</param>
public sealed record AdamSettings(
    float LearningRate = 1e-3f, float Beta1 = 0.9f, float Beta2 = 0.999f, float Epsilon = 1e-8f, float WeightDecay = 1e-6f, float MaximumNorm = 5f);

/// <summary>What one update does.</summary>
/// <param name="Settings">Hyper-parameters.</param>
/// <param name="Corrections">
/// (T, 2): row t - 1 has lr / (1 - beta1^t) and sqrt(1 - beta2^t); the last row holds from there on (<see cref="Optimisers.AdamCorrections"/>).
/// </param>
/// <param name="Replayed">R: most missed updates that a row replays (<see cref="RowTable"/>).</param>
public readonly record struct AdamRule(AdamSettings Settings, Matrix Corrections, int Replayed = int.MaxValue);

/// <summary>Updates the parameters of a path.</summary>
public interface IOptimiserKernels
{
    /// <summary>
    /// Over the given segments and rows and no others: norm = |g|; g *= min(1, max / (norm + 1e-6)); g += decay * w; counter + 1; Adam
    /// update; gradients set to zero. A row's moments first decay by the updates that it has missed and that are not replayed
    /// (<see cref="RowTable"/>). The square sum is accumulated in double in a fixed order, so that it does not depend on thread counts.
    /// </summary>
    /// <param name="slabs">All parameters.</param>
    /// <param name="segments">What this step touched, each counter at most once.</param>
    /// <param name="rows">The rows that <see cref="Prepare"/> found, in tables that no segment covers; each table at most once.</param>
    /// <param name="rule">The update.</param>
    /// <param name="norm">(1, 1): receives the norm before clipping.</param>
    void ClipAndUpdate(
        ParameterSlabs slabs, ReadOnlySpan<ParameterSegment> segments, ReadOnlySpan<TouchedRows> rows, AdamRule rule, Matrix norm);

    /// <summary>
    /// Finds the rows that a batch looks up, assigns them to <see cref="TouchedRows.Rows"/>, takes possession of them and lets them catch up;
    /// to be called before anything reads them. <see cref="ClipAndUpdate"/> or <see cref="Discard"/> must follow.
    /// </summary>
    /// <param name="slabs">All parameters.</param>
    /// <param name="rows">Where to look; each table at most once.</param>
    /// <param name="rule">The update.</param>
    void Prepare(ParameterSlabs slabs, ReadOnlySpan<TouchedRows> rows, AdamRule rule);

    /// <summary>Sets the gradients of the rows to zero and gives them up, without an update.</summary>
    void Discard(ParameterSlabs slabs, ReadOnlySpan<TouchedRows> rows);

    /// <summary>Lets all rows of the tables catch up, so that whole tables may be read.</summary>
    /// <param name="slabs">All parameters.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="rule">The update.</param>
    void CatchUp(ParameterSlabs slabs, ReadOnlySpan<RowTable> tables, AdamRule rule);
}
