namespace AutoTower.Search.Training;

/// <summary>How an architecture is trained from scratch; the defaults are the preset <c>paper</c>.</summary>
public sealed record RetrainingOptions
{
    /// <summary>Most epochs.</summary>
    public int MaximumEpochs { get; init; } = 100;

    /// <summary>Epochs without a better validation loss after which training stops.</summary>
    public int Patience { get; init; } = 5;

    /// <summary>Whether moments and step counts start anew each epoch (part of the preset, SPEC.md).</summary>
    public bool NewOptimiserEachEpoch { get; init; } = true;

    /// <summary>Wall-clock limit after which no further epoch is started; none where null.</summary>
    public TimeSpan? TimeLimit { get; init; }
}
