using AutoTower.Autograd.Random;
using AutoTower.Search.Cost;
using AutoTower.Search.Strategies;
using AutoTower.Search.Strategies.Evolution;
using AutoTower.Search.Space;

namespace AutoTower.Search.Tests.Strategies;

public sealed class EvolutionarySearchTests
{
    private static readonly ModelShape Shape = TargetFitness.Shape;
    private static readonly SearchSpace Space = TargetFitness.Space;
    private static readonly Architecture Target = TargetFitness.Target;
    private static readonly EvolutionOptions Small = new() { Population = 20, Parents = 5, Crossovers = 10, Mutations = 10, Iterations = 8 };

    public static TheoryData<string, ComplexityLimits> Limits => new()
    {
        { "none", new ComplexityLimits() },
        { "total parameters", new ComplexityLimits { MaxParameters = 60_000 } },
        { "total FLOPs", new ComplexityLimits { MaxFlops = 60_000 } },
        { "both totals", new ComplexityLimits { MaxParameters = 90_000, MaxFlops = 50_000 } },
        { "user parameters", new ComplexityLimits { MaxUserParameters = 30_000 } },
        { "user FLOPs", new ComplexityLimits { MaxUserFlops = 20_000 } },
        { "item parameters", new ComplexityLimits { MaxItemParameters = 20_000 } },
        { "item FLOPs", new ComplexityLimits { MaxItemFlops = 12_000 } },
        {
            "all six",
            new ComplexityLimits
            {
                MaxParameters = 80_000, MaxFlops = 40_000, MaxUserParameters = 50_000, MaxUserFlops = 30_000, MaxItemParameters = 40_000, MaxItemFlops = 20_000,
            }
        },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void Every_candidate_obeys_the_limits_and_none_is_judged_twice(string name, ComplexityLimits limits)
    {
        foreach (var convention in Enum.GetValues<CostConvention>())
        {
            // The actual convention counts scoring: 32,768 FLOPs more in the total.
            var fitted = convention == CostConvention.Actual ? limits with { MaxFlops = limits.MaxFlops + 32_768 } : limits;
            var sizes = new List<int>();
            var search = Search(fitted, Small, convention: convention);
            var result = search.Run(
                candidates =>
                {
                    sizes.Add(candidates.Count);
                    return TargetFitness.Mismatches(candidates);
                },
                null,
                TestContext.Current.CancellationToken);
            var visited = result.Visited.Select(candidate => candidate.Architecture).ToList();
            Assert.Equal(Enumerable.Repeat(20, 8), sizes);
            Assert.Equal(160, visited.Distinct().Count());
            Assert.All(visited, candidate => Assert.True(Space.Contains(candidate), name));
            Assert.All(visited, candidate => Assert.True(Within(CostModel.Of(candidate, Shape, convention), fitted), $"{name}: {candidate}"));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_population_is_filled_with_random_candidates_where_children_are_missing(bool breeds)
    {
        // Two fifths children, the rest random; without children, all random.
        var options = Small with { Crossovers = breeds ? 4 : 0, Mutations = breeds ? 4 : 0 };
        var result = Search(new ComplexityLimits(), options).Run(TargetFitness.Mismatches, null, TestContext.Current.CancellationToken);
        Assert.Equal(160, result.Visited.Count);
    }

    [Theory]
    [InlineData("parameters in total")]
    [InlineData("FLOPs in total")]
    [InlineData("parameters of the user tower")]
    [InlineData("FLOPs of the user tower")]
    [InlineData("parameters of the item tower")]
    [InlineData("FLOPs of the item tower")]
    public void A_limit_that_cannot_be_kept_is_named_with_the_least_that_can(string what)
    {
        ComplexityLimits Of(double value) => what switch
        {
            "parameters in total" => new ComplexityLimits { MaxParameters = value },
            "FLOPs in total" => new ComplexityLimits { MaxFlops = value },
            "parameters of the user tower" => new ComplexityLimits { MaxUserParameters = value },
            "FLOPs of the user tower" => new ComplexityLimits { MaxUserFlops = value },
            "parameters of the item tower" => new ComplexityLimits { MaxItemParameters = value },
            _ => new ComplexityLimits { MaxItemFlops = value },
        };
        var failure = Assert.Throws<ArgumentException>(() => Search(Of(1_000), Small));
        Assert.StartsWith(
            $"A limit of 1,000 {what} can't be kept: the smallest architecture of this space has ", failure.Message, StringComparison.Ordinal);

        // The number named is the least that can be kept.
        var least = double.Parse(failure.Message.Split(' ')[^1].TrimEnd('.'));
        var best = Search(Of(least), Small).Run(TargetFitness.Mismatches, null, TestContext.Current.CancellationToken);
        Assert.All(best.Visited, candidate => Assert.True(Within(CostModel.Of(candidate.Architecture, Shape, CostConvention.Paper), Of(least))));
        Assert.Throws<ArgumentException>(() => Search(Of(least - 1), Small));
    }

    [Fact]
    public void Limits_that_can_only_be_kept_one_at_a_time_are_refused_before_anything_is_judged()
    {
        // The fewest parameters need self-attention blocks, the fewest FLOPs MLPs: each limit alone can be kept, both together can't.
        var parameters = Least(new ComplexityLimits { MaxParameters = 1 });
        var flops = Least(new ComplexityLimits { MaxFlops = 1 });
        Search(new ComplexityLimits { MaxParameters = parameters }, Small);
        Search(new ComplexityLimits { MaxFlops = flops }, Small);
        var failure = Assert.Throws<ArgumentException>(() => Search(new ComplexityLimits { MaxParameters = parameters, MaxFlops = flops }, Small));
        Assert.Equal(
            "No architecture of this space that keeps all limits together was found, although each can be kept alone; raise one of them.", failure.Message);

        static double Least(ComplexityLimits limits) =>
            double.Parse(Assert.Throws<ArgumentException>(() => Search(limits, Small)).Message.Split(' ')[^1].TrimEnd('.'));
    }

    [Fact]
    public void The_same_seed_gives_the_same_candidates_and_another_seed_others()
    {
        var first = Visited(Search(new ComplexityLimits(), Small, seed: 1));
        Assert.Equal(first, Visited(Search(new ComplexityLimits(), Small, seed: 1)));
        Assert.NotEqual(first, Visited(Search(new ComplexityLimits(), Small, seed: 2)));
    }

    [Fact]
    public void A_search_that_goes_on_from_its_state_equals_an_uninterrupted_one()
    {
        var whole = Visited(Search(new ComplexityLimits { MaxParameters = 100_000 }, Small));
        var state = new SearchState();
        for (var iterations = 1; iterations <= Small.Iterations; iterations += 3)
        {
            var part = Search(new ComplexityLimits { MaxParameters = 100_000 }, Small with { Iterations = iterations }, state: state);
            part.Run(TargetFitness.Mismatches, null, TestContext.Current.CancellationToken);
        }

        var rest = Search(new ComplexityLimits { MaxParameters = 100_000 }, Small, state: state);
        Assert.Equal(whole, Visited(rest));
    }

    [Fact]
    public void An_iteration_that_failed_is_repeated_alike()
    {
        var whole = Visited(Search(new ComplexityLimits(), Small));
        var state = new SearchState();
        var calls = 0;
        Assert.Throws<OperationCanceledException>(() => Search(new ComplexityLimits(), Small, state: state).Run(
            candidates => ++calls == 4 ? throw new OperationCanceledException() : TargetFitness.Mismatches(candidates), null, TestContext.Current.CancellationToken));
        Assert.Equal(3, state.Iteration);
        Assert.Equal(whole, Visited(Search(new ComplexityLimits(), Small, state: state)));
    }

    [Fact]
    public void The_optimum_of_a_known_fitness_is_found_far_sooner_than_by_chance()
    {
        var options = new EvolutionOptions();
        var result = Search(new ComplexityLimits(), options).Run(TargetFitness.Mismatches, null, TestContext.Current.CancellationToken);
        Assert.Equal(Target, result.Best(1)[0].Architecture);
        Assert.Equal(0, result.Best(1)[0].Loss);
        var best = result.Best(10);
        Assert.Equal(10, best.Count);
        Assert.Equal(best.OrderBy(candidate => candidate.Loss), best);

        // As many random candidates miss at least two of the eight genes.
        var random = new CounterRandom(1, RandomStream.Evolution);
        Assert.True(TargetFitness.Mismatches([.. Enumerable.Range(0, 2500).Select(_ => Space.Sample(random))]).Min(score => score.Loss) >= 2);
    }

    [Fact]
    public void A_space_that_has_been_judged_completely_ends_the_search()
    {
        var search = new EvolutionarySearch(SearchSpace.Only(Target), Shape, new ComplexityLimits(), Small, 1, CostConvention.Paper);
        var result = search.Run(TargetFitness.Mismatches, null, TestContext.Current.CancellationToken);
        Assert.Equal([new ScoredArchitecture(Target, 0)], result.Visited);
        Assert.Equal(1, result.Iteration);
    }

    [Fact]
    public void A_loss_that_is_not_a_number_counts_as_the_worst()
    {
        var result = Search(new ComplexityLimits(), Small).Run(
            candidates => [.. TargetFitness.Mismatches(candidates).Select((score, index) => index % 2 == 0 ? new CandidateScore(double.NaN) : score)],
            null,
            TestContext.Current.CancellationToken);
        Assert.All(result.Best(Small.Parents), candidate => Assert.False(double.IsNaN(candidate.Loss)));
    }

    [Fact]
    public void Progress_tells_iterations_candidates_and_the_best_loss()
    {
        var progress = new List<IterationProgress>();
        var result = Search(new ComplexityLimits(), Small).Run(TargetFitness.Mismatches, progress.Add, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(1, 8), progress.Select(step => step.Iteration));
        Assert.Equal(Enumerable.Range(1, 8).Select(iteration => 20 * iteration), progress.Select(step => step.Candidates));
        Assert.Equal(progress.Select(step => step.BestLoss).OrderDescending(), progress.Select(step => step.BestLoss));
        Assert.Equal(result.Best(1)[0].Loss, progress[^1].BestLoss);
    }

    [Theory]
    [InlineData(0, 1, 0, 0)]
    [InlineData(10, 0, 5, 5)]
    [InlineData(10, 5, 6, 5)]
    public void Sizes_that_do_not_fit_are_refused(int population, int parents, int crossovers, int mutations) =>
        Assert.Throws<ArgumentException>(() => Search(
            new ComplexityLimits(),
            new EvolutionOptions { Population = population, Parents = parents, Crossovers = crossovers, Mutations = mutations }));

    [Fact]
    public void Cancellation_ends_the_search_between_two_iterations()
    {
        using var source = new CancellationTokenSource();
        var search = Search(new ComplexityLimits(), Small);
        Assert.Throws<OperationCanceledException>(() => search.Run(TargetFitness.Mismatches, step => source.Cancel(), source.Token));
        Assert.Equal(1, search.State.Iteration);
    }

    private static EvolutionarySearch Search(
        ComplexityLimits limits,
        EvolutionOptions options,
        ulong seed = 1,
        CostConvention convention = CostConvention.Paper,
        SearchState? state = null) =>
        new(Space, Shape, limits, options, seed, convention) { State = state ?? new SearchState() };

    private static List<Architecture> Visited(EvolutionarySearch search) =>
        [.. search.Run(TargetFitness.Mismatches, null, TestContext.Current.CancellationToken).Visited.Select(candidate => candidate.Architecture)];

    // Written out once more, so that a bound forgotten in ComplexityLimits shows.
    private static bool Within(ModelCost cost, ComplexityLimits limits) =>
        cost.Total.Parameters <= (limits.MaxParameters ?? double.MaxValue)
        && cost.Total.Flops <= (limits.MaxFlops ?? double.MaxValue)
        && cost.User.Total.Parameters <= (limits.MaxUserParameters ?? double.MaxValue)
        && cost.User.Total.Flops <= (limits.MaxUserFlops ?? double.MaxValue)
        && cost.Item.Total.Parameters <= (limits.MaxItemParameters ?? double.MaxValue)
        && cost.Item.Total.Flops <= (limits.MaxItemFlops ?? double.MaxValue);
}
