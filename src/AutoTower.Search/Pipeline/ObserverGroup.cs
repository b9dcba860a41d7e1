using AutoTower.Search.Strategies;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
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
    public void EpochEnded(Architecture architecture, EpochRecord epoch, TwoTowerModel model) =>
        Each(observer => observer.EpochEnded(architecture, epoch, model));

    /// <inheritdoc/>
    public void Candidate(CandidateRecord candidate) => Each(observer => observer.Candidate(candidate));

    /// <inheritdoc/>
    public void IterationEnded(IterationProgress progress) => Each(observer => observer.IterationEnded(progress));

    /// <inheritdoc/>
    public void Trained(TrainedArchitecture trained) => Each(observer => observer.Trained(trained));

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
