namespace AutoTower.Search.Strategies.Evolution;

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

    /// <summary>Candidates that are judged in all: every strategy has this budget.</summary>
    public int Candidates => (int)Math.Min(int.MaxValue, (long)Iterations * Population);

    /// <summary>Refuses sizes that do not fit each other.</summary>
    /// <exception cref="ArgumentException">One sentence says which.</exception>
    internal void RequireConsistency()
    {
        if (Population < 1 || Parents < 1 || Crossovers + Mutations > Population)
        {
            throw new ArgumentException(
                $"A population of {Population} with {Parents} parents can't have {Crossovers} crossovers and "
                + $"{Mutations} mutations; they must fit into the population, and at least one parent is needed.");
        }
    }
}
