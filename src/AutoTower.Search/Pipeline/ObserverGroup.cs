using AutoTower.Search.Models;
using AutoTower.Search.Strategies;
using AutoTower.Search.Training;

namespace AutoTower.Search.Pipeline;

/// <summary>Passes everything on to several observers, in order.</summary>
public sealed class ObserverGroup(params IReadOnlyList<IRunObserver> observers) : IRunObserver
{
    /// <inheritdoc/>
    public void PhaseStarted(string phase, int total) => Each(observer => observer.PhaseStarted(phase, total));

    /// <inheritdoc/>
    public void Training(TrainingProgress progress) => Each(observer => observer.Training(progress));

    /// <inheritdoc/>
    public void EpochEnded(ITwoTowerModel model, EpochRecord epoch) => Each(observer => observer.EpochEnded(model, epoch));

    /// <inheritdoc/>
    public void Candidate(CandidateRecord candidate) => Each(observer => observer.Candidate(candidate));

    /// <inheritdoc/>
    public void IterationEnded(IterationProgress progress) => Each(observer => observer.IterationEnded(progress));

    /// <inheritdoc/>
    public void Trained(TrainedModel trained) => Each(observer => observer.Trained(trained));

    /// <inheritdoc/>
    public void PhaseEnded(string phase, TimeSpan duration) => Each(observer => observer.PhaseEnded(phase, duration));

    private void Each(Action<IRunObserver> action)
    {
        foreach (var observer in observers)
        {
            action(observer);
        }
    }
}
