using AutoTower.Search.Evaluation;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;
using AutoTower.Search.Training.Measures;

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

    [Fact]
    public void The_corrected_loss_is_that_of_early_stopping_on_the_same_batches()
    {
        using var world = new SmallWorld();
        using var model = new TwoTowerModel(world.Experiment.Data, SearchSpace.Create(3, 3), world.Experiment.Shape, 1);
        using var step = new TrainingStep(model, world.Experiment.Train, SmallWorld.Options, 1);
        for (var i = 0; i < 300; i++)
        {
            step.Run(model.At(Other));
        }

        var batches = world.Experiment.Split.Validation.Length / 64;
        var options = Options with { LossBatches = batches, Measure = FitnessMeasure.Corrected };
        using var corrected = new FitnessEvaluator(
            model, world.Experiment.Train, FitnessMeasures.Create(world.Experiment, options, SmallWorld.Options), options, 1);
        var fitness = corrected.Evaluate(Other);
        corrected.Recalibrate(Other);
        using var validation = new ValidationLoss(model.At(Other), step.Frequencies, world.Experiment.Validation, SmallWorld.Options, 1);
        // Item frequencies are two streams over the same interactions in another order.
        Assert.Equal(validation.Compute(), fitness, 0.03);
    }

    [Fact]
    public void Recall_is_that_of_full_ranking_with_the_candidates_statistics()
    {
        using var world = new SmallWorld();
        using var model = new TwoTowerModel(world.Experiment.Data, SearchSpace.Create(3, 3), world.Experiment.Shape, 1);
        var options = Options with { BatchSize = 50, Measure = FitnessMeasure.Recall };
        using var evaluator = new FitnessEvaluator(
            model, world.Experiment.Train, FitnessMeasures.Create(world.Experiment, options, SmallWorld.Options), options, 1);
        var fitness = evaluator.Evaluate(Other);
        model.ResetRunningStatistics();
        evaluator.Recalibrate(Other);
        var queries = RankingQueries.ForValidation(world.Experiment.Dataset, world.Experiment.Split, 1);
        using var ranker = new FullRanking(model.At(Other));
        var ranking = ranker.Evaluate(queries, EvaluationProtocol.Strict);
        Assert.Equal(1 - ranking.RecallAt(50), fitness, 1e-9);
        Assert.InRange(fitness, 0.05, 0.95);
    }

    private static FitnessEvaluator Evaluator(SmallWorld world, TwoTowerModel model, FitnessOptions options) =>
        new(model, world.Experiment.Train, world.Experiment.Validation, options, 1);
}
