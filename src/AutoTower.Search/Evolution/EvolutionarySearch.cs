using AutoTower.Autograd.Random;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;

namespace AutoTower.Search.Evolution;

/// <summary>How far an evolution is.</summary>
/// <param name="Iteration">Iterations finished.</param>
/// <param name="BestLoss">Lowest loss so far.</param>
/// <param name="Candidates">Candidates judged so far.</param>
/// <param name="MeanLoss">Mean loss of the iteration's candidates.</param>
public sealed record EvolutionProgress(int Iteration, double BestLoss, int Candidates, double MeanLoss);

/// <summary>The outcome of an evolution.</summary>
/// <param name="Best">The best candidates, best first, as many as parents are kept.</param>
/// <param name="State">All judged candidates.</param>
public sealed record EvolutionResult(IReadOnlyList<ScoredArchitecture> Best, EvolutionState State);

/// <summary>
/// Complexity-aware evolutionary search (paper, Algorithm 2; SPEC.md): parents are the best of all candidates so far; crossovers take each
/// gene from one of two parents, mutations redraw genes with a small probability; no candidate is judged twice, every candidate obeys the
/// limits, and what is missing to a full population is filled with random legal candidates.
/// </summary>
public sealed class EvolutionarySearch
{
    // A child that is illegal or known is drawn again this often before the population is filled with random candidates instead.
    private const int AttemptsPerChild = 50;
    private const int AttemptsPerRandomCandidate = 2000;
    private const ulong FeasibilitySubstream = 1;
    private readonly SearchSpace _space;
    private readonly ModelShape _shape;
    private readonly ComplexityLimits _limits;
    private readonly EvolutionOptions _options;
    private readonly CostConvention _convention;
    private readonly LegalSampler _sampler;
    private readonly CounterRandom _random;

    /// <summary>Prepares a search.</summary>
    /// <exception cref="ArgumentException">
    /// No architecture of the space obeys the limits; names the limit and the least that is possible, or says that limits exclude each other.
    /// </exception>
    public EvolutionarySearch(
        SearchSpace space, ModelShape shape, ComplexityLimits limits, EvolutionOptions options, ulong seed, CostConvention convention)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Population < 1 || options.Parents < 1 || options.Crossovers + options.Mutations > options.Population)
        {
            throw new ArgumentException(
                $"A population of {options.Population} with {options.Parents} parents can't have {options.Crossovers} crossovers and "
                + $"{options.Mutations} mutations; they must fit into the population, and at least one parent is needed.");
        }

        _space = space;
        _shape = shape;
        _limits = limits;
        _options = options;
        _convention = convention;
        _sampler = new LegalSampler(space, shape, limits, convention);
        _random = new CounterRandom(seed, RandomStream.Evolution);
        RequireLegalCandidate(new CounterRandom(seed, RandomStream.Evolution, FeasibilitySubstream));
    }

    /// <summary>Runs, or goes on from <see cref="State"/>.</summary>
    /// <param name="evaluate">Returns the loss of each candidate, in order.</param>
    /// <param name="progress">Told after each iteration.</param>
    /// <param name="cancellation">Ends the search between two iterations.</param>
    public EvolutionResult Run(
        Func<IReadOnlyList<Architecture>, IReadOnlyList<double>> evaluate, Action<EvolutionProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(evaluate);
        while (State.Iteration < _options.Iterations)
        {
            cancellation.ThrowIfCancellationRequested();
            _random.Position = State.RandomPosition;
            var population = NextPopulation();
            if (population.Count == 0)
            {
                break; // Every legal candidate has been judged.
            }

            var losses = evaluate(population);
            State.Complete(population, losses, _random.Position);
            progress?.Invoke(new EvolutionProgress(State.Iteration, State.Best(1)[0].Loss, State.Visited.Count, losses.Average()));
        }

        return new EvolutionResult(State.Best(_options.Parents), State);
    }

    /// <summary>What the search has done so far.</summary>
    public EvolutionState State { get; init; } = new();

    // The sampler refuses limits that can't be kept one by one; together they may still exclude each other.
    private void RequireLegalCandidate(CounterRandom random)
    {
        for (var attempt = 0; attempt < AttemptsPerRandomCandidate; attempt++)
        {
            if (IsLegal(_sampler.Sample(random)))
            {
                return;
            }
        }

        throw new ArgumentException(
            "No architecture of this space that keeps all limits together was found, although each can be kept alone; raise one of them.");
    }

    private bool IsLegal(Architecture candidate) => _limits.Allows(CostModel.Of(candidate, _shape, _convention));

    private List<Architecture> NextPopulation()
    {
        var population = new List<Architecture>();
        var chosen = new HashSet<Architecture>();
        var parents = State.Best(_options.Parents);
        if (parents.Count > 0)
        {
            Breed(_options.Crossovers, () => Crossover(Pick(parents), Pick(parents)));
            Breed(_options.Mutations, () => Mutate(Pick(parents)));
        }

        for (var attempts = 0; population.Count < _options.Population && attempts < AttemptsPerRandomCandidate;)
        {
            attempts = TryAdd(_sampler.Sample(_random)) ? 0 : attempts + 1;
        }

        return population;

        void Breed(int count, Func<Architecture> child)
        {
            var wanted = population.Count + count;
            for (var attempts = 0; population.Count < wanted && attempts < count * AttemptsPerChild; attempts++)
            {
                TryAdd(child());
            }
        }

        bool TryAdd(Architecture candidate)
        {
            if (State.IsVisited(candidate) || chosen.Contains(candidate) || !IsLegal(candidate))
            {
                return false;
            }

            chosen.Add(candidate);
            population.Add(candidate);
            return true;
        }
    }

    private Architecture Pick(IReadOnlyList<ScoredArchitecture> parents) => parents[_random.NextInteger(parents.Count)].Architecture;

    private Architecture Crossover(Architecture first, Architecture second) => new(
        Either(first.Pooling, second.Pooling), Either(first.User, second.User), Either(first.Item, second.Item));

    private Architecture Mutate(Architecture parent) => new(
        Redraw(parent.Pooling, _space.Poolings),
        [.. parent.User.Select((gene, position) => Redraw(gene, _space.UserChoices[position]))],
        [.. parent.Item.Select((gene, position) => Redraw(gene, _space.ItemChoices[position]))]);

    private BlockType[] Either(IReadOnlyList<BlockType> first, IReadOnlyList<BlockType> second) =>
        [.. first.Select((gene, position) => Either(gene, second[position]))];

    private T Either<T>(T first, T second) => _random.NextInteger(2) == 0 ? first : second;

    private T Redraw<T>(T gene, IReadOnlyList<T> choices) =>
        _random.NextUniform() < _options.MutationProbability ? choices[_random.NextInteger(choices.Count)] : gene;
}
