using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using AutoTower.Search.Strategies;
using AutoTower.Search.Strategies.Evolution;
using AutoTower.Search.Strategies.Pareto;
using AutoTower.Search.Strategies.Proximal;
using AutoTower.Search.Strategies.Reinforcement;

namespace AutoTower.Search.Pipeline;

/// <summary>Makes the search that settings ask for.</summary>
internal static class StrategyFactory
{
    /// <exception cref="ArgumentException">No architecture of the space obeys the limits, or the sizes of the search do not fit.</exception>
    public static CandidateSearch Create(SearchSettings settings, SearchSpace space, ModelShape shape)
    {
        var (limits, budget, seed, convention) = (settings.Limits, settings.Evolution, settings.Seed, settings.Convention);
        return settings.Strategy switch
        {
            SearchStrategy.Evolution => new EvolutionarySearch(space, shape, limits, budget, seed, convention),
            SearchStrategy.Random => new RandomSearch(space, shape, limits, budget, seed, convention),
            SearchStrategy.Rl => new ReinforcementSearch(space, shape, limits, budget, settings.Controller, seed, convention),
            SearchStrategy.Nasp => new ProximalSearch(space, shape, limits, settings.Proximal, settings.Top, seed, convention),
            SearchStrategy.Nsga2 => new ParetoSearch(space, shape, limits, budget, settings.Objectives, seed, convention),
            var other => throw new ArgumentException($"There is no search strategy {other}."),
        };
    }
}
