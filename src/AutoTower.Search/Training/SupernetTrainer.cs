using AutoTower.Autograd.Random;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Training;

/// <summary>
/// Supernet training (paper, Algorithm 1): every step samples pooling, user blocks and item blocks uniformly and updates that path alone.
/// </summary>
public sealed class SupernetTrainer(TwoTowerModel model, TrainingStep step, ulong seed)
{
    private readonly CounterRandom _random = new(seed, RandomStream.ArchitectureSampling);

    /// <summary>Takes <paramref name="steps"/> steps.</summary>
    /// <param name="steps">Number of steps.</param>
    /// <param name="report">Told loss and speed every 100 steps.</param>
    /// <param name="cancellation">Ends training between two steps.</param>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public void Train(int steps, Action<TrainingProgress>? report, CancellationToken cancellation)
    {
        var meter = new StepMeter("supernet", steps, step, report);
        for (var i = 0; i < steps; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            step.Run(model.Space.Sample(_random));
            meter.Tick();
        }
    }
}
