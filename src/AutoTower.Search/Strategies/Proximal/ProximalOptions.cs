namespace AutoTower.Search.Strategies.Proximal;

/// <summary>The NASP search (Yao et al. 2020, Algorithm 2).</summary>
public sealed record ProximalOptions
{
    /// <summary>Steps on the operations' weights for each step on the architecture weights; NASP takes turns, 1.</summary>
    public int WeightSteps { get; init; } = 1;

    /// <summary>Adam's learning rate for architecture weights.</summary>
    public float LearningRate { get; init; } = 3e-3f;

    /// <summary>
    /// Share of the training steps, at the beginning, that train random legal paths and leave the architecture weights alone, so that
    /// operations are compared when all have learnt something; 0 is NASP as published.
    /// </summary>
    public float WarmUp { get; init; } = 0.2f;
}
