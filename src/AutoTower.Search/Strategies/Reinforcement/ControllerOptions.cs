namespace AutoTower.Search.Strategies.Reinforcement;

/// <summary>The controller of the reinforcement-learning search; the defaults follow ENAS (Pham et al. 2018) where not said otherwise.</summary>
public sealed record ControllerOptions
{
    /// <summary>Width of the recurrent state.</summary>
    public int HiddenWidth { get; init; } = 64;

    /// <summary>Architectures sampled for an update of the controller.</summary>
    public int SamplesAnUpdate { get; init; } = 10;

    /// <summary>Adam's learning rate; higher than ENAS's 0.00035, since there are hundreds of updates here and thousands there.</summary>
    public float LearningRate { get; init; } = 5e-3f;

    /// <summary>Factor of the policy's entropy in the objective, whose rewards have standard deviation 1.</summary>
    public float EntropyWeight { get; init; } = 0.01f;

    /// <summary>Weight of the past in the moving mean and variance of rewards.</summary>
    public double BaselineDecay { get; init; } = 0.95;

    /// <summary>Logits are this times tanh of what the network says, so that no choice is ruled out early.</summary>
    public float LogitBound { get; init; } = 2.5f;
}
