using AutoTower.Search.Cost;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Models;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Strategies;
using AutoTower.Search.Strategies.Evolution;
using AutoTower.Search.Supernet;
using AutoTower.Search.Tests.Training;
using AutoTower.Search.Training;
using AutoTower.Search.Training.Measures;

namespace AutoTower.Search.Tests.Pipeline;

public sealed class SearchPipelineTests
{
    private static readonly SearchSettings Settings = new()
    {
        UserBlocks = 3,
        ItemBlocks = 4,
        Steps = 60,
        Top = 2,
        Evolution = new EvolutionOptions { Population = 8, Parents = 4, Crossovers = 4, Mutations = 4, Iterations = 3 },
        Training = SmallWorld.Options,
        Fitness = new FitnessOptions { BatchSize = 64, StatisticsBatches = 4, LossBatches = 4, Merging = StatisticsMerging.Cumulative },
        Retraining = new RetrainingOptions { MaximumEpochs = 3 },
        Limits = new ComplexityLimits { MaxParameters = 150_000 },
    };

    [Fact]
    public void A_search_returns_retrained_architectures_within_the_limits()
    {
        using var world = new SmallWorld();
        var report = Run(world, Settings, out var candidates);
        Assert.Equal(24, report.CandidatesEvaluated);
        Assert.Equal(24, candidates.Count);
        Assert.Equal(24, candidates.Select(candidate => candidate.Architecture).Distinct().Count());
        Assert.All(candidates, candidate => Assert.True(candidate.Cost.Total.Parameters <= 150_000));
        Assert.Equal(2, report.Trained.Count);
        Assert.All(report.Trained, trained => Assert.Equal(3, trained.Architecture.User.Count));
        Assert.All(report.Trained, trained => Assert.Equal(4, trained.Architecture.Item.Count));
        Assert.True(report.Trained[0].Retraining.BestValidationLoss <= report.Trained[1].Retraining.BestValidationLoss);
        var fittest = candidates.OrderBy(candidate => candidate.Loss).Take(2).Select(candidate => candidate.Architecture).ToHashSet();
        Assert.True(fittest.SetEquals(report.Trained.Select(trained => trained.Architecture)));
    }

    [Fact]
    public void A_multi_objective_search_returns_a_front_and_retrains_members_of_it()
    {
        using var world = new SmallWorld();
        var report = Run(world, Settings with { Strategy = SearchStrategy.Nsga2 }, out var candidates);
        Assert.All(candidates, candidate => Assert.True(candidate.LatencyMilliseconds > 0));
        Assert.NotEmpty(report.Front);
        Assert.Equal(candidates.Min(candidate => candidate.Loss), report.Front[0].Fitness);
        Assert.All(report.Trained, trained => Assert.Contains(report.Front, member => member.Architecture == trained.Architecture));
        Assert.Contains(report.Trained, trained => trained.Architecture == report.Front[0].Architecture);
        Assert.All(report.Front, member => Assert.DoesNotContain(candidates, other =>
            other.Loss < member.Fitness && other.Cost.Total.Flops <= member.Cost.Total.Flops
            && other.Cost.Total.Parameters <= member.Cost.Total.Parameters && other.LatencyMilliseconds <= member.LatencyMilliseconds));
        Assert.Equal(0, world.Device.LiveBytes - world.DataBytes);
    }

    [Theory]
    [InlineData(FitnessMeasure.Corrected)]
    [InlineData(FitnessMeasure.Recall)]
    public void Candidates_can_be_judged_by_other_measures(FitnessMeasure measure)
    {
        using var world = new SmallWorld();
        Run(world, Settings, out var byLoss);
        Run(world, Settings with { Fitness = Settings.Fitness with { Measure = measure } }, out var byMeasure);
        // The first population is the same and judged differently.
        Assert.Equal(byLoss.Take(8).Select(candidate => candidate.Architecture), byMeasure.Take(8).Select(candidate => candidate.Architecture));
        Assert.All(byLoss.Take(8).Zip(byMeasure), pair => Assert.NotEqual(pair.First.Loss, pair.Second.Loss));
        Assert.Equal(0, world.Device.LiveBytes - world.DataBytes);
    }

    [Fact]
    public void The_same_seed_gives_the_same_search()
    {
        using var one = new SmallWorld(threads: 1);
        using var two = new SmallWorld(threads: 2);
        var first = Run(one, Settings, out var firstCandidates);
        var second = Run(two, Settings, out var secondCandidates);
        Assert.Equal(firstCandidates.Select(candidate => candidate.Loss), secondCandidates.Select(candidate => candidate.Loss));
        Assert.Equal(first.Trained[0].Architecture, second.Trained[0].Architecture);
        Assert.Equal(first.Trained[0].Retraining.BestValidationLoss, second.Trained[0].Retraining.BestValidationLoss);
    }

    [Fact]
    public void The_final_model_is_the_best_retrained_one()
    {
        using var world = new SmallWorld();
        var seen = 0;
        var pipeline = new SearchPipeline(world.Experiment, Settings, new ObserverGroup());
        var report = pipeline.Run(
            (model, trained) =>
            {
                seen++;
                var again = world.Experiment.Rank(model.At(trained.Architecture))[EvaluationProtocol.Strict];
                Assert.Equal(trained.Test[EvaluationProtocol.Strict].Recall[3], again.Recall[3]);
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(1, seen);
        Assert.NotEmpty(report.Trained);
    }

    private static SearchReport Run(SmallWorld world, SearchSettings settings, out List<CandidateRecord> candidates)
    {
        var recorder = new Recorder();
        candidates = recorder.Candidates;
        return new SearchPipeline(world.Experiment, settings, recorder).Run(null, TestContext.Current.CancellationToken);
    }

    private sealed class Recorder : IRunObserver
    {
        public List<CandidateRecord> Candidates { get; } = [];

        public void PhaseStarted(string phase, int total)
        {
        }

        public void Training(TrainingProgress progress)
        {
        }

        public void EpochEnded(ITwoTowerModel model, EpochRecord epoch)
        {
        }

        public void Candidate(CandidateRecord candidate) => Candidates.Add(candidate);

        public void PhaseEnded(string phase, TimeSpan duration)
        {
        }
    }
}
