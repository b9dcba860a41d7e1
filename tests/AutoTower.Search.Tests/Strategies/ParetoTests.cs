using AutoTower.Search.Cost;
using AutoTower.Search.Strategies;
using AutoTower.Search.Strategies.Evolution;
using AutoTower.Search.Strategies.Pareto;
using CsCheck;

namespace AutoTower.Search.Tests.Strategies;

public sealed class ParetoTests
{
    // Few values, so that ties and equal points occur; infinity as of candidates that could not be judged.
    private static readonly Gen<double[][]> Points = Gen.SelectMany(
        Gen.Int[1, 4], Gen.Int[1, 25], (objectives, count) =>
            Gen.OneOf(Gen.Int[0, 5].Select(value => (double)value), Gen.Double[0, 5], Gen.Const(double.PositiveInfinity)).Array[objectives].Array[count]);

    [Fact]
    public void Fronts_are_peeled_off_one_after_another() => Points.Sample(points =>
    {
        var left = Enumerable.Range(0, points.Length).ToList();
        foreach (var front in Dominance.Fronts(points))
        {
            // The definition: what is left and dominated by nothing that is left.
            Assert.Equal(left.Where(i => !left.Any(j => NaiveDominates(points[j], points[i]))), front);
            left.RemoveAll(front.Contains);
        }

        Assert.Empty(left);
    });

    [Fact]
    public void Crowding_is_the_distance_of_the_neighbours() => Points.Sample(points =>
    {
        var finite = points.Where(point => point.All(double.IsFinite)).ToArray();
        var distances = Dominance.Crowding(finite);
        for (var i = 0; i < finite.Length; i++)
        {
            var expected = 0.0;
            for (var objective = 0; objective < finite[i].Length; objective++)
            {
                // Equal values keep the order given.
                var sorted = finite.Select((point, index) => (Value: point[objective], Index: index)).OrderBy(entry => entry.Value).ThenBy(entry => entry.Index).ToList();
                var place = sorted.FindIndex(entry => entry.Index == i);
                var range = sorted[^1].Value - sorted[0].Value;
                expected += place == 0 || place == sorted.Count - 1
                    ? double.PositiveInfinity
                    : range == 0 ? 0 : (sorted[place + 1].Value - sorted[place - 1].Value) / range;
            }

            Assert.Equal(expected, distances[i], 1e-9);
        }
    });

    [Fact]
    public void The_hypervolume_of_the_front_grows_and_beats_random_search()
    {
        var volumes = new List<double>();
        var budget = new EvolutionOptions { Iterations = 20 };
        using var search = (ParetoSearch)TargetFitness.Search(SearchStrategy.Nsga2, budget: budget);
        search.Run(TargetFitness.Mismatches, _ => volumes.Add(Hypervolume(search.Front)), TestContext.Current.CancellationToken);
        Assert.Equal(20, volumes.Count);
        Assert.Equal(volumes.Order(), volumes);
        Assert.True(volumes[^1] > 1.3 * volumes[0], $"{volumes[0]} to {volumes[^1]}");

        using var random = TargetFitness.Search(SearchStrategy.Random, budget: budget);
        random.Run(TargetFitness.Mismatches, null, TestContext.Current.CancellationToken);
        Assert.True(volumes[^1] > 1.1 * Hypervolume(random.State.Visited), $"{volumes[^1]} and {Hypervolume(random.State.Visited)} at random");
    }

    [Fact]
    public void Retraining_takes_the_fittest_and_then_what_is_least_crowded()
    {
        using var search = (ParetoSearch)TargetFitness.Search(SearchStrategy.Nsga2, budget: new EvolutionOptions { Iterations = 5 });
        search.Run(TargetFitness.Mismatches, null, TestContext.Current.CancellationToken);
        var chosen = search.Chosen(3);
        Assert.Equal(3, chosen.Count);
        Assert.Equal(search.State.Visited.Min(candidate => candidate.Loss), chosen[0].Loss);
        Assert.All(chosen, candidate => Assert.Contains(candidate, search.Front));
        // The cheapest is an end of the front, so its crowding is infinite.
        var cheapest = search.Front.Min(Parameters);
        Assert.Contains(chosen, candidate => Parameters(candidate) == cheapest);
    }

    [Theory]
    [InlineData(Objective.Fitness)]
    [InlineData(Objective.Fitness, Objective.Fitness)]
    public void Fewer_than_two_objectives_are_refused(params Objective[] objectives) => Assert.Throws<ArgumentException>(() => new ParetoSearch(
        TargetFitness.Space, TargetFitness.Shape, new ComplexityLimits(), new EvolutionOptions(), objectives, 1, CostConvention.Paper));

    private static bool NaiveDominates(double[] first, double[] second) =>
        first.Zip(second).All(pair => pair.First <= pair.Second) && first.Zip(second).Any(pair => pair.First < pair.Second);

    private static double Parameters(ScoredArchitecture candidate) =>
        CostModel.Of(candidate.Architecture, TargetFitness.Shape, CostConvention.Paper).Total.Parameters;

    // Area up to 8 mismatches and a million parameters that some candidate dominates.
    private static double Hypervolume(IReadOnlyList<ScoredArchitecture> candidates)
    {
        var (area, least) = (0.0, 1e6);
        foreach (var loss in Enumerable.Range(0, 8))
        {
            least = candidates.Where(candidate => candidate.Loss <= loss).Select(Parameters).Append(least).Min();
            area += 1e6 - least;
        }

        return area;
    }
}
