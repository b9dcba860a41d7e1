using AutoTower.Search.Checkpoints;
using AutoTower.Search.Cost;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Reproduction;
using AutoTower.Search.Strategies;
using AutoTower.Search.Tests.Checkpoints;
using AutoTower.Search.Tests.Training;
using AutoTower.Search.Training.Measures;
using AutoTower.Search.Training;
using AutoTower.Tests.Files;

namespace AutoTower.Search.Tests.Reproduction;

public sealed class FitnessStudyTests : IDisposable
{
    private static readonly SearchSettings Settings = new()
    {
        UserBlocks = 3,
        ItemBlocks = 3,
        Steps = 40,
        Training = SmallWorld.Options,
        Fitness = new FitnessOptions { BatchSize = 64, StatisticsBatches = 3, LossBatches = 3, Merging = StatisticsMerging.Cumulative },
        Retraining = new RetrainingOptions { MaximumEpochs = 2 },
        Limits = new ComplexityLimits { MaxParameters = 120_000 },
    };

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Architectures_within_the_limits_are_judged_by_every_measure_and_trained()
    {
        var report = Run(int.MaxValue)!;
        Assert.Equal(5, report.Architectures.Select(studied => studied.Trained.Architecture).Distinct().Count());
        Assert.All(report.Architectures, studied => Assert.True(studied.Trained.Cost.Total.Parameters <= 120_000));
        Assert.All(report.Architectures, studied => Assert.Equal(Enum.GetValues<FitnessMeasure>(), studied.Fitness.Keys.Order()));
        // Each predictor against both protocols; the validation loss is what training stopped on, signed so that better is larger.
        Assert.Equal(12, report.Predictions.Count);
        Assert.All(report.Architectures, studied => Assert.InRange(studied.Trained.Ranking.Validation!.RecallAt(50), 0, 1));
        var prediction = report.Predictions.Single(entry => entry is { Predictor: FitnessStudyReport.ValidationLoss, Protocol: EvaluationProtocol.Strict });
        var expected = Spearman.Of(
            [.. report.Architectures.Select(studied => -studied.Trained.Retraining.BestValidationLoss)],
            [.. report.Architectures.Select(studied => studied.Trained.Test[EvaluationProtocol.Strict].RecallAt(50))]);
        Assert.Equal(expected, prediction.Spearman);
    }

    [Fact]
    public void A_study_that_is_stopped_again_and_again_ends_like_one_that_was_not()
    {
        var expected = Run(int.MaxValue)!;
        FitnessStudyReport? report = null;
        var restarts = 0;
        while (report is null)
        {
            report = Run(7);
            Assert.True(restarts++ < 200, "the study does not get ahead");
        }

        Assert.True(restarts > 5, $"{restarts} restarts");
        Assert.Equal(Summary(expected), Summary(report));
    }

    [Fact]
    public void More_architectures_than_there_are_within_the_limits_are_refused()
    {
        using var world = new SmallWorld(threads: 1, interactions: 900);
        var least = Settings with { Limits = new ComplexityLimits { MaxParameters = 24_000 } };
        Assert.Throws<ArgumentException>(() => FitnessStudy.Validate(world.Experiment, least, 5000));
    }

    private static string Summary(FitnessStudyReport report) => string.Join('\n', report.Architectures.Select(studied =>
        $"{studied.Trained.Architecture} {string.Join(' ', studied.Fitness.Values)} {studied.Trained.Retraining.BestValidationLoss:R} "
        + $"{studied.Trained.Test[EvaluationProtocol.Paper].RecallAt(50):R}"));

    // Stops after so many steps and one more, when not at the end before.
    private FitnessStudyReport? Run(int stride)
    {
        using var world = new SmallWorld(threads: 1, interactions: 900);
        using var stop = new CancellationTokenSource();
        var folder = new CheckpointFolder(_temporary[$"study-{stride}"], "test");
        using var newest = folder.OpenNewest(warning => Assert.Fail(warning));
        var control = new RunControl(folder, new CheckpointInterval(TimeSpan.FromHours(1), stride), newest, stop.Token);
        using var study = new FitnessStudy(world.Experiment, Settings, 5, new ObserverGroup());
        if (stride < int.MaxValue)
        {
            control.Track("stopper", new CheckpointStopper(stop, 1));
        }

        try
        {
            return study.Run(control);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
