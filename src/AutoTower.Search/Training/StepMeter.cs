using System.Diagnostics;

namespace AutoTower.Search.Training;

/// <summary>Reports loss and speed every 100 steps; reading the loss is the only time the host waits for the device.</summary>
internal sealed class StepMeter(string phase, int totalSteps, TrainingStep step, Action<TrainingProgress>? report)
{
    private const int Interval = 100;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private int _reported;

    /// <summary>Steps taken in this phase.</summary>
    public int Taken { get; private set; }

    public void Tick(int epoch = 0)
    {
        Taken++;
        if (report is not null && (Taken % Interval == 0 || Taken == totalSteps))
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
            throw new TrainingDivergedException(phase, Taken);
        }

        var speed = (Taken - _reported) / Math.Max(_watch.Elapsed.TotalSeconds, 1e-9);
        report(new TrainingProgress(phase, Taken, totalSteps, loss, speed, epoch, validationLoss));
        _reported = Taken;
        _watch.Restart();
    }
}
