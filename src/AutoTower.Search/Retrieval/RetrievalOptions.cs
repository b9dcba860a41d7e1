using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Search.Retrieval;

/// <summary>What an index holds besides the item vectors.</summary>
public sealed record RetrievalOptions
{
    /// <summary>How vectors are stored; bfloat16 halves memory, and scores are those of the rounded vectors.</summary>
    public VectorFormat Format { get; init; } = VectorFormat.Float32;

    /// <summary>Added to the scores, one number an item; null for none.</summary>
    public IReadOnlyList<float>? Bias { get; init; }

    /// <summary>Which items may be returned at all, one value an item; null for all.</summary>
    public IReadOnlyList<bool>? Allowed { get; init; }
}
