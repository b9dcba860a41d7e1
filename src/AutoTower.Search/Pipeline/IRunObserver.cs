using AutoTower.Search.Cost;
using AutoTower.Search.Models;
using AutoTower.Search.Space;
using AutoTower.Search.Strategies;
using AutoTower.Search.Training;

namespace AutoTower.Search.Pipeline;

/// <summary>A candidate that the search has judged.</summary>
/// <param name="Index">From 1, in order of evaluation.</param>
/// <param name="Iteration">Iteration of the search, from 1.</param>
/// <param name="Architecture">The candidate.</param>
/// <param name="Loss">Its fitness on validation data, by default the plain batch softmax; lower is better.</param>
/// <param name="Cost">Its analytic cost.</param>
/// <param name="LatencyMilliseconds">Time to compute a user's vector, where it was measured.</param>
public sealed record CandidateRecord(
    int Index, int Iteration, Architecture Architecture, double Loss, ModelCost Cost, double? LatencyMilliseconds = null);

/// <summary>Is told what a run does: the terminal, the run folder, tests.</summary>
public interface IRunObserver
{
    /// <summary>A phase of <paramref name="total"/> steps, candidates or epochs begins.</summary>
    void PhaseStarted(string phase, int total);

    /// <summary>Training has gone on; every 100 steps and at the end of an epoch.</summary>
    void Training(TrainingProgress progress);

    /// <summary>An epoch of training from scratch has ended; <paramref name="model"/> is in its state.</summary>
    void EpochEnded(ITwoTowerModel model, EpochRecord epoch);

    /// <summary>A candidate has been judged.</summary>
    void Candidate(CandidateRecord candidate);

    /// <summary>An iteration of the search is complete.</summary>
    void IterationEnded(IterationProgress progress)
    {
    }

    /// <summary>A model has been trained from scratch and ranked on the test set.</summary>
    void Trained(TrainedModel trained)
    {
    }

    /// <summary>The phase is over.</summary>
    void PhaseEnded(string phase, TimeSpan duration);
}
