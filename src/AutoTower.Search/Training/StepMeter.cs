using System.Diagnostics;

namespace AutoTower.Search.Training;

/// <summary>Reports loss and speed every 100 steps; reading the loss is the only time the host waits for the device.</summary>
internal sealed class StepMeter(string phase, int totalSteps, TrainingStep step, Action<TrainingProgress>? report)
{
    private const int Interval = 100;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private int _reported = step.StepCount;

    public void Tick(int epoch = 0)
    {
        if (report is not null && (step.StepCount % Interval == 0 || step.StepCount == totalSteps))
        {
            Report(epoch, null);
        }
    }

    public void Report(int epoch, double? validationLoss)
    {
        if (report is null)
        {
            return;
        }

        var loss = step.ReadLoss();
        if (!float.IsFinite(loss))
        {
            throw new TrainingDivergedException(phase, step.StepCount);
        }

        var speed = (step.StepCount - _reported) / Math.Max(_watch.Elapsed.TotalSeconds, 1e-9);
        report(new TrainingProgress(phase, step.StepCount, totalSteps, loss, speed, epoch, validationLoss));
        _reported = step.StepCount;
        _watch.Restart();
    }
}
