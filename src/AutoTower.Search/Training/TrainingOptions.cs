using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Optimisers;

namespace AutoTower.Search.Training;

/// <summary>Hyper-parameters of a training step; the defaults are the preset <c>paper</c> (SPEC.md, Loss and training).</summary>
public sealed record TrainingOptions
{
    /// <summary>Examples a step.</summary>
    public int BatchSize { get; init; } = 1024;

    /// <summary>tau.</summary>
    public float Temperature { get; init; } = 0.05f;

    /// <summary>a of the streaming frequency estimate.</summary>
    public float FrequencyRate { get; init; } = 0.01f;

    /// <summary>Factor of the embeddings' norms in the loss.</summary>
    public float Regulariser { get; init; } = 1e-5f;

    /// <summary>Optimiser.</summary>
    public AdamSettings Adam { get; init; } = new();

    /// <summary>Which embedding tables are updated by row; null for none, as in the preset.</summary>
    public LazyUpdates? Lazy { get; init; }
}
