using AutoTower.Search.Checkpoints;

namespace AutoTower.Search.Training;

/// <summary>Trains a supernet, one path a step.</summary>
public interface ISupernetTrainer : ICheckpointed, IDisposable
{
    /// <summary>Trains until <paramref name="steps"/> steps have been taken.</summary>
    /// <param name="steps">Number of steps in all.</param>
    /// <param name="report">Told loss and speed every 100 steps.</param>
    /// <param name="control">Asked between two steps.</param>
    /// <exception cref="OperationCanceledException">The run was asked to stop.</exception>
    void Train(int steps, Action<TrainingProgress>? report, RunControl control);
}
