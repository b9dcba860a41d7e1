namespace AutoTower.Search.Evolution;

/// <summary>Sizes of the evolution; the defaults are the preset <c>paper</c> (section 4.2.4; SPEC.md).</summary>
public sealed record EvolutionOptions
{
    /// <summary>Candidates an iteration.</summary>
    public int Population { get; init; } = 50;

    /// <summary>Best candidates so far that parents are drawn from.</summary>
    public int Parents { get; init; } = 10;

    /// <summary>Children by crossover an iteration.</summary>
    public int Crossovers { get; init; } = 25;

    /// <summary>Children by mutation an iteration.</summary>
    public int Mutations { get; init; } = 25;

    /// <summary>Probability that a mutation redraws a gene.</summary>
    public float MutationProbability { get; init; } = 0.1f;

    /// <summary>Iterations.</summary>
    public int Iterations { get; init; } = 50;
}
