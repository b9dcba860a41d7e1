using AutoTower.Search.Cost;
using AutoTower.Search.Strategies;
using AutoTower.Search.Strategies.Evolution;
using AutoTower.Search.Strategies.Pareto;
using AutoTower.Search.Strategies.Proximal;
using AutoTower.Search.Strategies.Reinforcement;
using AutoTower.Search.Training;

namespace AutoTower.Search.Pipeline;

/// <summary>What a search does; the defaults are the preset <c>paper</c> (section 4.2.4; SPEC.md).</summary>
public sealed record SearchSettings
{
    /// <summary>Choice blocks of the user tower, 3 to 7.</summary>
    public int UserBlocks { get; init; } = 5;

    /// <summary>Choice blocks of the item tower, 3 to 7.</summary>
    public int ItemBlocks { get; init; } = 5;

    /// <summary>
    /// Folder where trained supernets are kept and taken from, for searches of different limits and strategies on one supernet; null where
    /// each search trains its own.
    /// </summary>
    public string? SupernetCache { get; init; }

    /// <summary>Supernet training steps.</summary>
    public int Steps { get; init; } = 50_000;

    /// <summary>Architectures retrained from scratch.</summary>
    public int Top { get; init; } = 3;

    /// <summary>Seed of everything.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How parameters and FLOPs are counted against the limits.</summary>
    public CostConvention Convention { get; init; } = CostConvention.Paper;

    /// <summary>Limits that every candidate obeys.</summary>
    public ComplexityLimits Limits { get; init; } = new();

    /// <summary>How architectures are chosen.</summary>
    public SearchStrategy Strategy { get; init; } = SearchStrategy.Evolution;

    /// <summary>Evolution; its population and iterations are the budget of every strategy that judges candidates.</summary>
    public EvolutionOptions Evolution { get; init; } = new();

    /// <summary>The controller of <see cref="SearchStrategy.Rl"/>.</summary>
    public ControllerOptions Controller { get; init; } = new();

    /// <summary>What <see cref="SearchStrategy.Nsga2"/> makes small.</summary>
    public IReadOnlyList<Objective> Objectives { get; init; } = [Objective.Fitness, Objective.Flops, Objective.Params, Objective.Latency];

    /// <summary>True when candidates' latencies are to be measured.</summary>
    public bool MeasuresLatency => Strategy == SearchStrategy.Nsga2 && Objectives.Contains(Objective.Latency);

    /// <summary>The steps of <see cref="SearchStrategy.Nasp"/>.</summary>
    public ProximalOptions Proximal { get; init; } = new();

    /// <summary>A training step.</summary>
    public TrainingOptions Training { get; init; } = new();

    /// <summary>How candidates are judged.</summary>
    public FitnessOptions Fitness { get; init; } = new();

    /// <summary>How the best are retrained.</summary>
    public RetrainingOptions Retraining { get; init; } = new();
}
