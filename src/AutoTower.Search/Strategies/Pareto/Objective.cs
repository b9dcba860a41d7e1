namespace AutoTower.Search.Strategies.Pareto;

/// <summary>What a multi-objective search makes small.</summary>
public enum Objective
{
    /// <summary>The fitness on validation data, as a loss.</summary>
    Fitness,

    /// <summary>Multiply-accumulates / 2 of both towers.</summary>
    Flops,

    /// <summary>Parameters of both towers, embedding tables left out.</summary>
    Params,

    /// <summary>Measured time to compute one user's vector on the run's device.</summary>
    Latency,
}
