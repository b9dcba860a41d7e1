using AutoTower.Autograd.Random;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using AutoTower.Search.Strategies.Evolution;

namespace AutoTower.Search.Strategies;

/// <summary>
/// Random search (Li and Talwalkar 2020; paper, Table 5): as many random legal architectures as the evolution would judge, none of them
/// twice.
/// </summary>
public sealed class RandomSearch : CandidateSearch
{
    private readonly EvolutionOptions _options;

    /// <summary>Prepares a search with the evolution's budget; of <paramref name="options"/>, population and iterations count.</summary>
    /// <exception cref="ArgumentException">No architecture of the space obeys the limits.</exception>
    public RandomSearch(
        SearchSpace space, ModelShape shape, ComplexityLimits limits, EvolutionOptions options, ulong seed, CostConvention convention)
        : base(space, shape, limits, convention, seed, RandomStream.Strategy)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    /// <inheritdoc/>
    public override int Budget => _options.Candidates;

    private protected override int Iterations => _options.Iterations;

    private protected override IReadOnlyList<Architecture>? Propose(CounterRandom random) =>
        Candidates.Draw(_options.Population, random, State.IsVisited) is { Count: > 0 } population ? population : null;
}
