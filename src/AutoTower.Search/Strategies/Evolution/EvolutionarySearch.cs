using AutoTower.Autograd.Random;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;

namespace AutoTower.Search.Strategies.Evolution;

/// <summary>
/// Complexity-aware evolutionary search (paper, Algorithm 2; SPEC.md): parents are the best of all candidates so far; crossovers take each
/// gene from one of two parents, mutations redraw genes with a small probability; no candidate is judged twice, every candidate obeys the
/// limits, and what is missing to a full population is filled with random legal candidates.
/// </summary>
public sealed class EvolutionarySearch : CandidateSearch
{
    private readonly EvolutionOptions _options;

    /// <summary>Prepares a search.</summary>
    /// <exception cref="ArgumentException">
    /// No architecture of the space obeys the limits, or the sizes of the evolution do not fit each other.
    /// </exception>
    public EvolutionarySearch(
        SearchSpace space, ModelShape shape, ComplexityLimits limits, EvolutionOptions options, ulong seed, CostConvention convention)
        : base(space, shape, limits, convention, seed, RandomStream.Evolution)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.RequireConsistency();
        _options = options;
    }

    /// <inheritdoc/>
    public override int Budget => _options.Candidates;

    private protected override int Iterations => _options.Iterations;

    /// <inheritdoc/>
    public override IReadOnlyList<ScoredArchitecture> Chosen(int count) => State.Best(Math.Min(count, _options.Parents));

    private protected override IReadOnlyList<Architecture>? Propose(CounterRandom random)
    {
        IReadOnlyList<Architecture> parents = [.. State.Best(_options.Parents).Select(parent => parent.Architecture)];
        var population = new Breeding(Candidates, _options, random).Population(State, () => parents[random.NextInteger(parents.Count)]);
        return population.Count > 0 ? population : null;
    }
}
