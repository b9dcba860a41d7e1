using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using AutoTower.Search.Strategies;
using AutoTower.Search.Strategies.Evolution;
using AutoTower.Search.Strategies.Pareto;
using AutoTower.Search.Strategies.Proximal;
using AutoTower.Search.Strategies.Reinforcement;
using AutoTower.Search.Tests.Cost;

namespace AutoTower.Search.Tests.Strategies;

/// <summary>A search space with a fitness that is known: the number of genes that differ from a target.</summary>
internal static class TargetFitness
{
    public static readonly ModelShape Shape = PaperTables.Shape("ml-1m");

    public static readonly SearchSpace Space = SearchSpace.Create(3, 4);

    public static readonly Architecture Target =
        Architecture.Parse("pooling=self-attention; user=sa-3,ew-ip,mlp-128; item=mlp-512,ew-avg,mlp-64,sa-2");

    public static CandidateScore[] Mismatches(IReadOnlyList<Architecture> candidates) => [.. candidates.Select(candidate => new CandidateScore(
        (candidate.Pooling == Target.Pooling ? 0 : 1)
        + candidate.User.Zip(Target.User).Count(pair => pair.First != pair.Second)
        + candidate.Item.Zip(Target.Item).Count(pair => pair.First != pair.Second)))];

    /// <summary>A search by any strategy, with a budget of population times iterations.</summary>
    public static CandidateSearch Search(
        SearchStrategy strategy, ComplexityLimits? limits = null, EvolutionOptions? budget = null, ulong seed = 1, SearchState? state = null)
    {
        limits ??= new ComplexityLimits();
        budget ??= new EvolutionOptions();
        state ??= new SearchState();
        return strategy switch
        {
            SearchStrategy.Evolution => new EvolutionarySearch(Space, Shape, limits, budget, seed, CostConvention.Paper) { State = state },
            SearchStrategy.Random => new RandomSearch(Space, Shape, limits, budget, seed, CostConvention.Paper) { State = state },
            SearchStrategy.Rl =>
                new ReinforcementSearch(Space, Shape, limits, budget, new ControllerOptions(), seed, CostConvention.Paper) { State = state },
            SearchStrategy.Nsga2 =>
                new ParetoSearch(Space, Shape, limits, budget, [Objective.Fitness, Objective.Params], seed, CostConvention.Paper) { State = state },
            _ => new ProximalSearch(Space, Shape, limits, new ProximalOptions(), 10, seed, CostConvention.Paper) { State = state },
        };
    }
}
