using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using AutoTower.Search.Strategies;
using AutoTower.Search.Strategies.Evolution;

namespace AutoTower.Search.Tests.Strategies;

/// <summary>What holds for every strategy.</summary>
public sealed class StrategyTests
{
    private static readonly EvolutionOptions Small = new() { Population = 20, Parents = 5, Crossovers = 10, Mutations = 10, Iterations = 6 };

    public static TheoryData<SearchStrategy> Strategies => [.. Enum.GetValues<SearchStrategy>()];

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Candidates_keep_the_limits_are_new_and_within_the_budget(SearchStrategy strategy)
    {
        var limits = new ComplexityLimits
        {
            MaxParameters = 80_000, MaxFlops = 40_000, MaxUserParameters = 50_000, MaxUserFlops = 30_000, MaxItemParameters = 40_000, MaxItemFlops = 20_000,
        };
        using var search = TargetFitness.Search(strategy, limits, Small);
        var visited = Visited(search);
        Assert.NotEmpty(visited);
        Assert.InRange(visited.Count, 1, search.Budget);
        Assert.Equal(visited.Count, visited.Distinct().Count());
        foreach (var candidate in visited)
        {
            var cost = CostModel.Of(candidate, TargetFitness.Shape, CostConvention.Paper);
            Assert.True(TargetFitness.Space.Contains(candidate));
            Assert.True(
                cost.Total.Parameters <= 80_000 && cost.Total.Flops <= 40_000
                && cost.User.Total.Parameters <= 50_000 && cost.User.Total.Flops <= 30_000
                && cost.Item.Total.Parameters <= 40_000 && cost.Item.Total.Flops <= 20_000,
                $"{candidate}: {cost.Total}");
        }
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void The_same_seed_gives_the_same_candidates_and_another_seed_others(SearchStrategy strategy)
    {
        var first = Run(1);
        Assert.Equal(first, Run(1));
        Assert.NotEqual(first, Run(2));

        List<Architecture> Run(ulong seed)
        {
            using var search = TargetFitness.Search(strategy, budget: Small, seed: seed);
            return Visited(search);
        }
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Limits_that_cannot_be_kept_are_refused(SearchStrategy strategy)
    {
        var failure = Assert.Throws<ArgumentException>(() => TargetFitness.Search(strategy, new ComplexityLimits { MaxUserFlops = 1_000 }, Small));
        Assert.StartsWith("A limit of 1,000 FLOPs of the user tower can't be kept", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_search_judges_as_many_as_the_evolution()
    {
        using var search = TargetFitness.Search(SearchStrategy.Random, budget: Small);
        Assert.Equal(120, Visited(search).Count);
        Assert.Equal(6, search.State.Iteration);
    }

    private static List<Architecture> Visited(CandidateSearch search) =>
    [
        .. search.Run(TargetFitness.Mismatches, null, TestContext.Current.CancellationToken).Visited.Select(candidate => candidate.Architecture),
    ];
}
