using AutoTower.Autograd.Random;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using AutoTower.Search.Strategies.Evolution;

namespace AutoTower.Search.Strategies.Pareto;

/// <summary>
/// Multi-objective evolutionary search, NSGA-II (Deb et al. 2002): of a population and its children the next population takes front after
/// front, the last one by crowding; parents win binary tournaments of front and crowding. Crossover and mutation are the single-objective
/// search's, and as there, no candidate is judged twice and all keep the limits. The result is a front, not one architecture.
/// </summary>
public sealed class ParetoSearch : CandidateSearch
{
    private readonly EvolutionOptions _options;
    private readonly IReadOnlyList<Objective> _objectives;
    private readonly Func<Architecture, ModelCost> _cost;
    private List<int> _population = [];

    /// <summary>Prepares a search.</summary>
    /// <exception cref="ArgumentException">
    /// No architecture of the space obeys the limits, the sizes of the evolution do not fit each other, or there are no two objectives.
    /// </exception>
    public ParetoSearch(
        SearchSpace space,
        ModelShape shape,
        ComplexityLimits limits,
        EvolutionOptions options,
        IReadOnlyList<Objective> objectives,
        ulong seed,
        CostConvention convention)
        : base(space, shape, limits, convention, seed, RandomStream.Strategy)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(objectives);
        options.RequireConsistency();
        if (objectives.Distinct().Count() < 2 || objectives.Distinct().Count() < objectives.Count)
        {
            throw new ArgumentException(
                $"A multi-objective search needs at least two different objectives, not '{string.Join(',', objectives)}'.");
        }

        _options = options;
        _objectives = objectives;
        _cost = architecture => CostModel.Of(architecture, shape, convention);
    }

    /// <inheritdoc/>
    public override int Budget => _options.Candidates;

    /// <summary>Of all judged candidates, those that no other dominates, the fittest first.</summary>
    public IReadOnlyList<ScoredArchitecture> Front
    {
        get
        {
            var points = State.Visited.Select(Point).ToArray();
            return points.Length == 0
                ? []
                : [.. Dominance.Fronts(points)[0].Select(index => State.Visited[index]).OrderBy(candidate => candidate.Loss)];
        }
    }

    private protected override int Iterations => _options.Iterations;

    /// <summary>Members of the front: the fittest, then those that are least crowded.</summary>
    public override IReadOnlyList<ScoredArchitecture> Chosen(int count)
    {
        var front = Front;
        var crowding = Dominance.Crowding([.. front.Select(Point)]);
        return
        [
            .. front.Take(1),
            .. front.Index().Skip(1).OrderByDescending(entry => crowding[entry.Index]).Select(entry => entry.Item).Take(count - 1),
        ];
    }

    /// <inheritdoc/>
    public override void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        base.Save(writer);
        writer.Write("population", [.. _population.Select(index => (double)index)]);
    }

    /// <inheritdoc/>
    public override void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        base.Restore(reader);
        _population = [.. reader.Numbers("population").Select(index => (int)index)];
    }

    private protected override IReadOnlyList<Architecture>? Propose(CounterRandom random)
    {
        // The population lies in order of front and crowding, so the winner of a tournament is the earlier of two.
        var population = new Breeding(Candidates, _options, random).Population(State, () => State.Visited[_population[Math.Min(
            random.NextInteger(_population.Count), random.NextInteger(_population.Count))]].Architecture);
        return population.Count > 0 ? population : null;
    }

    private protected override void Learn(int judged)
    {
        int[] all = [.. _population, .. Enumerable.Range(State.Visited.Count - judged, judged)];
        var points = all.Select(index => Point(State.Visited[index])).ToArray();
        _population = [];
        foreach (var front in Dominance.Fronts(points))
        {
            var crowding = Dominance.Crowding([.. front.Select(place => points[place])]);
            _population.AddRange(front.Index().OrderByDescending(entry => crowding[entry.Index]).Select(entry => all[entry.Item]));
            if (_population.Count >= _options.Population)
            {
                break;
            }
        }

        _population = [.. _population.Take(_options.Population)];
    }

    private double[] Point(ScoredArchitecture candidate)
    {
        var cost = _cost(candidate.Architecture).Total;
        return [.. _objectives.Select(objective => objective switch
        {
            Objective.Flops => cost.Flops,
            Objective.Params => cost.Parameters,
            Objective.Latency => candidate.LatencyMilliseconds ?? double.PositiveInfinity,
            _ => double.IsNaN(candidate.Loss) ? double.PositiveInfinity : candidate.Loss,
        })];
    }
}
