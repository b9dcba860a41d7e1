using System.Text.RegularExpressions;
using AutoTower.Autograd.Optimisers;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Strategies.Evolution;
using AutoTower.Search.Strategies.Pareto;
using AutoTower.Search.Strategies.Reinforcement;
using AutoTower.Search.Strategies;
using AutoTower.Search.Tests.Training;
using AutoTower.Search.Training;
using AutoTower.Tests.Files;

namespace AutoTower.Search.Tests.Checkpoints;

public sealed partial class ResumeTests : IDisposable
{
    private static readonly SearchSettings Settings = new()
    {
        UserBlocks = 3,
        ItemBlocks = 3,
        Steps = 30,
        Top = 2,
        Evolution = new EvolutionOptions { Population = 4, Parents = 2, Crossovers = 2, Mutations = 2, Iterations = 2 },
        Training = SmallWorld.Options with { BatchSize = 32 },
        Fitness = new FitnessOptions { BatchSize = 32, StatisticsBatches = 2, LossBatches = 2, Merging = StatisticsMerging.Cumulative },
        Retraining = new RetrainingOptions { MaximumEpochs = 2 },
        Controller = new ControllerOptions { SamplesAnUpdate = 2 },
        // A measured latency is never the same again.
        Objectives = [Objective.Fitness, Objective.Flops],
    };

    private readonly TemporaryFolder _temporary = new();

    [Theory]
    [InlineData(SearchStrategy.Evolution, 4)]
    [InlineData(SearchStrategy.Evolution, 19)]
    [InlineData(SearchStrategy.Random, 4)]
    [InlineData(SearchStrategy.Rl, 3)]
    [InlineData(SearchStrategy.Nasp, 4)]
    [InlineData(SearchStrategy.Nsga2, 3)]
    [InlineData(SearchStrategy.Evolution, 4, true)]
    [InlineData(SearchStrategy.Nasp, 4, true)]
    public void A_search_that_is_stopped_again_and_again_ends_like_one_that_was_not(SearchStrategy strategy, int stride, bool lazy = false)
    {
        // Few replays, so that rows are caught in the middle of what they miss.
        var updates = lazy ? new LazyUpdates(FewestRows: 50, Replayed: 2) : null;
        var settings = Settings with { Strategy = strategy, Training = Settings.Training with { BatchSize = lazy ? 4 : 32, Lazy = updates } };
        var (expected, expectedWeights) = Search(settings, _temporary["whole"], int.MaxValue)!.Value;
        (SearchReport, float[])? outcome = null;
        var restarts = 0;
        while (outcome is null)
        {
            outcome = Search(settings, _temporary["pieces"], stride);
            Assert.True(restarts++ < 1000, "the search does not get ahead");
        }

        var (report, weights) = outcome.Value;
        Assert.True(restarts > 80 / (stride + 1), $"{restarts} restarts");
        Assert.Equal(expectedWeights, weights);
        Assert.Equal(Summary(expected), Summary(report));
        Assert.Equal(Records("whole"), Records("pieces"));
    }

    [Fact]
    public void Progress_tells_what_a_stopped_search_has_found()
    {
        using var world = new SmallWorld(threads: 1, interactions: 900);
        using var stop = new CancellationTokenSource();
        var folder = new CheckpointFolder(_temporary.Path, "test");
        var control = new RunControl(folder, new CheckpointInterval(TimeSpan.FromHours(1), 1), null, stop.Token);
        control.Track("stopper", new CheckpointStopper(stop, 30 + 1 + 4 + 2));
        using var pipeline = new SearchPipeline(world.Experiment, Settings, new ObserverGroup());
        Assert.Throws<OperationCanceledException>(() => pipeline.Run(null, control));
        var progress = pipeline.Progress;
        Assert.Equal(SearchPhase.Evolution, progress.Phase);
        Assert.Equal(30, progress.Steps);
        Assert.Equal(7, progress.CandidatesEvaluated);
        Assert.Equal(2, progress.Best.Count);
        Assert.Empty(progress.Trained);
        Assert.Equal(0, world.Device.LiveBytes - world.DataBytes);
    }

    [Fact]
    public void Training_one_architecture_goes_on_too()
    {
        var expected = Train(int.MaxValue);
        RetrainingResult? result = null;
        while (result is null)
        {
            result = Train(5);
        }

        Assert.Equal(expected!.Epochs, result.Epochs);
        Assert.Equal(expected.BestEpoch, result.BestEpoch);

        RetrainingResult? Train(int stride)
        {
            using var world = new SmallWorld(threads: 1, interactions: 900);
            using var model = world.Experiment.NewModel(SearchSpace.Only(SmallWorld.Mixed));
            using var training = new ScratchTraining(
                world.Experiment, model.At(SmallWorld.Mixed), SmallWorld.Options, new RetrainingOptions { MaximumEpochs = 4, NewOptimiserEachEpoch = false });
            using var stop = new CancellationTokenSource();
            var folder = new CheckpointFolder(_temporary[$"train-{stride}"], "test");
            using var newest = folder.OpenNewest(warning => Assert.Fail(warning));
            var control = new RunControl(folder, new CheckpointInterval(TimeSpan.FromHours(1), stride), newest, stop.Token);
            control.Track("training", training);
            control.Track("stopper", new CheckpointStopper(stop, 1));
            return Unless(() => training.Run(new ObserverGroup(), control));
        }
    }

    public void Dispose() => _temporary.Dispose();

    /// <summary>Starts a search in <paramref name="path"/>, or goes on with it, for so many steps or candidates and one more.</summary>
    private static (SearchReport Report, float[] Weights)? Search(SearchSettings settings, string path, int stride)
    {
        using var world = new SmallWorld(threads: 1, interactions: 900);
        var isNew = !Directory.Exists(path);
        using var folder = isNew ? new RunFolder(path) : RunFolder.Reopen(path);
        folder.WriteText(RunFolder.ConfigurationFile, "{}");
        using var stop = new CancellationTokenSource();
        var checkpointFolder = new CheckpointFolder(folder.PathOf("checkpoints"), "test");
        using var newest = checkpointFolder.OpenNewest(warning => Assert.Fail(warning));
        var control = new RunControl(checkpointFolder, new CheckpointInterval(TimeSpan.FromHours(1), stride), newest, stop.Token);
        control.Track("folder", folder);
        if (stride < int.MaxValue)
        {
            control.Track("stopper", new CheckpointStopper(stop, 1));
        }

        using var pipeline = new SearchPipeline(world.Experiment, settings, new RunRecorder(folder));
        float[]? weights = null;
        var report = Unless(() => pipeline.Run((model, _) => weights = model.Store.Values.DownloadToHost(), control));
        return report is null ? null : (report, weights!);
    }

    private static T? Unless<T>(Func<T> job)
        where T : class
    {
        try
        {
            return job();
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static string Summary(SearchReport report) => string.Join('\n', report.Trained.Select(trained =>
        $"{trained.Architecture} {trained.Cost.Total} {trained.Fitness:R} {string.Join(", ", trained.Retraining.Epochs)} "
        + string.Join(' ', trained.Test[EvaluationProtocol.Strict].Ndcg.Concat(trained.Test[EvaluationProtocol.Paper].Recall))))
        + report.CandidatesEvaluated;

    private string Records(string run) =>
        Times().Replace(File.ReadAllText(Path.Combine(_temporary[run], "metrics.jsonl")), "$1:-");

    [GeneratedRegex("(\"(?:steps_per_second|seconds)\"):[0-9.E+-]+")]
    private static partial Regex Times();
}
