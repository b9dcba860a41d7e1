using AutoTower.Search.Models;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Training;

public sealed class RetrainerTests
{
    [Fact]
    public void Training_stops_when_the_validation_loss_no_longer_falls_and_keeps_the_best_epoch()
    {
        using var world = new SmallWorld();
        var options = new RetrainingOptions { MaximumEpochs = 60, Patience = 3 };
        var (model, result) = world.Experiment.TrainFromScratch(
            SmallWorld.Mixed, SmallWorld.Options, options, new ObserverGroup(), TestContext.Current.CancellationToken);
        using var owned = model;
        Assert.True(result.Epochs.Count < 60, "the small world overfits within 60 epochs");
        Assert.Equal(result.BestEpoch + 3, result.Epochs.Count);
        Assert.Equal(result.Epochs.Min(epoch => epoch.ValidationLoss), result.BestValidationLoss);
        Assert.Equal(result.BestValidationLoss, result.Epochs[result.BestEpoch - 1].ValidationLoss);
    }

    [Fact]
    public void The_model_has_the_weights_of_its_best_epoch()
    {
        using var world = new SmallWorld();
        float[]? best = null;
        var lowest = double.PositiveInfinity;
        var watcher = new EpochWatcher((epoch, model) =>
        {
            if (epoch.ValidationLoss < lowest)
            {
                lowest = epoch.ValidationLoss;
                best = model.Store.Values.DownloadToHost();
            }
        });
        var (model, _) = world.Experiment.TrainFromScratch(
            SmallWorld.Mixed,
            SmallWorld.Options,
            new RetrainingOptions { MaximumEpochs = 30, Patience = 2 },
            watcher,
            TestContext.Current.CancellationToken);
        using var owned = model;
        Assert.Equal(best, model.Store.Values.DownloadToHost());
    }

    [Fact]
    public void Cancellation_ends_training_between_two_steps()
    {
        using var world = new SmallWorld();
        using var source = new CancellationTokenSource();
        var watcher = new EpochWatcher((_, _) => source.Cancel());
        Assert.Throws<OperationCanceledException>(() => world.Experiment.TrainFromScratch(
            SmallWorld.Mixed, SmallWorld.Options, new RetrainingOptions(), watcher, source.Token));
    }

    private sealed class EpochWatcher(Action<EpochRecord, IModel> ended) : IRunObserver
    {
        public void PhaseStarted(string phase, int total)
        {
        }

        public void Training(TrainingProgress progress)
        {
        }

        public void EpochEnded(ITwoTowerModel model, EpochRecord epoch) => ended(epoch, model);

        public void Candidate(CandidateRecord candidate)
        {
        }

        public void PhaseEnded(string phase, TimeSpan duration)
        {
        }
    }
}
