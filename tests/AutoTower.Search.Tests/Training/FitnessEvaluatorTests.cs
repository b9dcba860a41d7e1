using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Training;

public sealed class FitnessEvaluatorTests
{
    private static readonly Architecture Other = Architecture.Parse("pooling=sum; user=sa-1,mlp-16,ew-sum; item=mlp-64,sa-2,mlp-16");
    private static readonly FitnessOptions Options = new() { BatchSize = 64, StatisticsBatches = 12, LossBatches = 5 };

    [Fact]
    public void A_candidate_scores_the_same_whenever_it_is_judged()
    {
        using var world = new SmallWorld();
        using var model = new TwoTowerModel(world.Experiment.Data, SearchSpace.Create(3, 3), world.Experiment.Shape, 1);
        using var first = Evaluator(world, model, Options);
        var alone = first.Evaluate(SmallWorld.Mixed);
        using var second = Evaluator(world, model, Options);
        second.Evaluate(Other);
        Assert.Equal(alone, second.Evaluate(SmallWorld.Mixed));
        Assert.Equal(alone, second.Evaluate(SmallWorld.Mixed));
        Assert.NotEqual(alone, second.Evaluate(Other));
    }

    [Fact]
    public void Sharing_a_tower_with_another_candidate_changes_nothing()
    {
        using var world = new SmallWorld();
        using var model = new TwoTowerModel(world.Experiment.Data, SearchSpace.Create(3, 3), world.Experiment.Shape, 1);
        var mixture = Architecture.Parse("pooling=sum; user=sa-1,mlp-16,ew-sum; item=sa-1,mlp-16,ew-max");
        using var warm = Evaluator(world, model, Options);
        warm.Evaluate(SmallWorld.Mixed);
        warm.Evaluate(Other);
        using var cold = Evaluator(world, model, Options);
        Assert.Equal(cold.Evaluate(mixture), warm.Evaluate(mixture));
    }

    [Fact]
    public void Momentum_and_cumulative_statistics_agree_closely()
    {
        using var world = new SmallWorld();
        using var model = new TwoTowerModel(world.Experiment.Data, SearchSpace.Create(3, 3), world.Experiment.Shape, 1);
        using var momentum = Evaluator(world, model, Options with { StatisticsBatches = 100 });
        using var cumulative = Evaluator(world, model, Options with { StatisticsBatches = 100, Merging = StatisticsMerging.Cumulative });
        Assert.Equal(momentum.Evaluate(Other), cumulative.Evaluate(Other), 0.02);
    }

    private static FitnessEvaluator Evaluator(SmallWorld world, TwoTowerModel model, FitnessOptions options) =>
        new(model, world.Experiment.Train, world.Experiment.Validation, options, 1);
}
