using System.Text.Json;
using AutoTower.Search.Models;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Strategies;
using AutoTower.Search.Training;

namespace AutoTower.Search.Artefacts;

/// <summary>Writes what a run does to its folder's <c>metrics.jsonl</c>: a record per 100 steps, epoch, candidate, iteration, trained architecture and phase.</summary>
public sealed class RunRecorder(RunFolder folder) : IRunObserver
{
    /// <inheritdoc/>
    public void PhaseStarted(string phase, int total)
    {
    }

    /// <inheritdoc/>
    public void Training(TrainingProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        folder.AppendRecord(json =>
        {
            json.WriteString("event", "training");
            json.WriteString("phase", progress.Phase);
            json.WriteNumber("step", progress.Step);
            json.WriteNumber("loss", progress.Loss);
            json.WriteNumber("steps_per_second", Math.Round(progress.StepsPerSecond, 2));
            if (progress.Epoch > 0)
            {
                json.WriteNumber("epoch", progress.Epoch);
            }
        });
    }

    /// <inheritdoc/>
    public void EpochEnded(ITwoTowerModel model, EpochRecord epoch)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(epoch);
        folder.AppendRecord(json =>
        {
            json.WriteString("event", "epoch");
            json.WriteString(model.Architecture is null ? "model" : "architecture", model.Name);
            json.WriteNumber("epoch", epoch.Epoch);
            json.WriteNumber("training_loss", epoch.TrainingLoss);
            json.WriteNumber("validation_loss", epoch.ValidationLoss);
        });
    }

    /// <inheritdoc/>
    public void Candidate(CandidateRecord candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        folder.AppendRecord(json =>
        {
            json.WriteString("event", "candidate");
            json.WriteNumber("index", candidate.Index);
            json.WriteNumber("iteration", candidate.Iteration);
            json.WriteString("architecture", candidate.Architecture.ToString());
            // A candidate whose loss is not a number is legal.
            json.WriteOptional("loss", candidate.Loss);
            json.WriteNumber("params", candidate.Cost.Total.Parameters);
            json.WriteNumber("flops", candidate.Cost.Total.Flops);
            if (candidate.LatencyMilliseconds is { } latency)
            {
                json.WriteNumber("latency_ms", Math.Round(latency, 5));
            }
        });
    }

    /// <inheritdoc/>
    public void IterationEnded(IterationProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        folder.AppendRecord(json =>
        {
            json.WriteString("event", "iteration");
            json.WriteNumber("iteration", progress.Iteration);
            json.WriteNumber("candidates", progress.Candidates);
            json.WriteOptional("best_loss", progress.BestLoss);
            json.WriteOptional("mean_loss", progress.MeanLoss);
        });
    }

    /// <inheritdoc/>
    public void Trained(TrainedModel trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        folder.AppendRecord(json =>
        {
            json.WriteString("event", "trained");
            json.WriteString(trained is TrainedArchitecture ? "architecture" : "model", trained.Name);
            json.WriteNumber("best_epoch", trained.Retraining.BestEpoch);
            json.WriteNumber("best_validation_loss", trained.Retraining.BestValidationLoss);
            foreach (var (protocol, metrics) in trained.Test)
            {
                json.WritePropertyName(protocol.ToString().ToLowerInvariant());
                metrics.WriteJson(json);
            }
        });
    }

    /// <inheritdoc/>
    public void PhaseEnded(string phase, TimeSpan duration) => folder.AppendRecord(json =>
    {
        json.WriteString("event", "phase");
        json.WriteString("phase", phase);
        json.WriteNumber("seconds", Math.Round(duration.TotalSeconds, 3));
    });
}
