using AutoTower.Autograd.Random;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Training;

/// <summary>
/// Supernet training (paper, Algorithm 1): every step samples pooling, user blocks and item blocks uniformly and updates that path alone.
/// </summary>
public sealed class SupernetTrainer(TwoTowerModel model, TrainingStep step, ulong seed) : ISupernetTrainer
{
    private readonly CounterRandom _random = new(seed, RandomStream.ArchitectureSampling);

    /// <inheritdoc/>
    public void Train(int steps, Action<TrainingProgress>? report, RunControl control)
    {
        ArgumentNullException.ThrowIfNull(control);
        var meter = new StepMeter("supernet", steps, step, report);
        while (step.StepCount < steps)
        {
            step.Run(model.At(model.Space.Sample(_random)));
            meter.Tick();
            control.Between();
        }

        step.CatchUp();
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write("step", step);
        writer.Write("sampling position", (long)_random.Position);
    }

    /// <inheritdoc/>
    public void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        reader.Restore("step", step);
        _random.Position = (ulong)reader.Integer("sampling position");
    }

    /// <summary>Nothing: model and step are the caller's.</summary>
    public void Dispose()
    {
    }
}
