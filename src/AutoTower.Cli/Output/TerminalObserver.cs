using AutoTower.Search.Models;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Training;
using Spectre.Console;

namespace AutoTower.Cli.Output;

/// <summary>Progress bars with loss, speed and time left.</summary>
internal sealed class TerminalObserver(ProgressContext context) : IRunObserver
{
    private ProgressTask? _task;
    private double _bestLoss;

    public void PhaseStarted(string phase, int total)
    {
        _task = context.AddTask(phase, maxValue: Math.Max(1, total));
        _bestLoss = double.PositiveInfinity;
    }

    public void Training(TrainingProgress progress)
    {
        if (_task is null)
        {
            return;
        }

        if (progress.Epoch == 0)
        {
            _task.Value = progress.Step;
        }

        var epoch = progress.Epoch > 0 ? $"epoch {progress.Epoch} " : string.Empty;
        _task.Description = $"{progress.Phase} {epoch}[grey]loss {progress.Loss:F3}, {progress.StepsPerSecond:F1} steps/s[/]";
    }

    public void EpochEnded(ITwoTowerModel model, EpochRecord epoch) => _task?.Increment(0);

    public void Candidate(CandidateRecord candidate)
    {
        _bestLoss = Math.Min(_bestLoss, candidate.Loss);
        if (_task is not null)
        {
            _task.Value = candidate.Index;
            _task.Description = $"evolution [grey]best {_bestLoss:F4}[/]";
        }
    }

    public void PhaseEnded(string phase, TimeSpan duration)
    {
        if (_task is not null)
        {
            _task.Value = _task.MaxValue;
            _task.Description = $"{phase} [grey]{ProgressText.Duration(duration)}[/]";
            _task.StopTask();
        }
    }
}
