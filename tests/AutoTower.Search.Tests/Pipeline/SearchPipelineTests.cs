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
