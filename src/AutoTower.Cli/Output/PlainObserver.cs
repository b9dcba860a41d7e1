using System.Diagnostics;
using AutoTower.Search.Models;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Training;

namespace AutoTower.Cli.Output;

/// <summary>Progress as plain lines, one every few seconds, for files and pipes.</summary>
internal sealed class PlainObserver(TextWriter output) : IRunObserver
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private readonly Stopwatch _sinceLine = new();
    private double _bestLoss;
    private int _total;

    public void PhaseStarted(string phase, int total)
    {
        _total = total;
        _bestLoss = double.PositiveInfinity;
        _sinceLine.Restart();
        output.WriteLine($"{phase}: started");
    }

    public void Training(TrainingProgress progress)
    {
        if (progress.ValidationLoss is null && IsDue())
        {
            output.WriteLine(ProgressText.Training(progress));
        }
    }

    public void EpochEnded(ITwoTowerModel model, EpochRecord epoch)
    {
        if (epoch.Epoch == 1)
        {
            output.WriteLine($"training {model.Name}");
        }

        output.WriteLine($"epoch {epoch.Epoch}: loss {epoch.TrainingLoss:F4}, validation {epoch.ValidationLoss:F4}");
    }

    public void Candidate(CandidateRecord candidate)
    {
        _bestLoss = Math.Min(_bestLoss, candidate.Loss);
        if (IsDue())
        {
            output.WriteLine($"candidate {candidate.Index:N0}/{_total:N0}: loss {candidate.Loss:F4}, best {_bestLoss:F4}");
        }
    }

    public void PhaseEnded(string phase, TimeSpan duration) => output.WriteLine($"{phase}: done in {ProgressText.Duration(duration)}");

    private bool IsDue()
    {
        if (_sinceLine.Elapsed < Interval)
        {
            return false;
        }

        _sinceLine.Restart();
        return true;
    }
}
