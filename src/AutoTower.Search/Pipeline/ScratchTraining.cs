using AutoTower.Search.Checkpoints;
using AutoTower.Search.Models;
using AutoTower.Search.Training;

namespace AutoTower.Search.Pipeline;

/// <summary>One model being trained from scratch; the model stays the caller's.</summary>
public sealed class ScratchTraining : ICheckpointed, IDisposable
{
    private readonly ITwoTowerModel _model;
    private readonly TrainingStep _step;
    private readonly ValidationLoss _validation;
    private readonly Retrainer _retrainer;

    /// <summary>Prepares the training of <paramref name="model"/>.</summary>
    public ScratchTraining(Experiment experiment, ITwoTowerModel model, TrainingOptions training, RetrainingOptions retraining)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(model);
        var fitted = experiment.Fit(training);
        _model = model;
        _step = new TrainingStep(model, experiment.Train, fitted, experiment.Seed);
        _validation = new ValidationLoss(model, _step.Frequencies, experiment.Validation, fitted, experiment.Seed);
        _retrainer = new Retrainer(model, _step, _validation, retraining);
    }

    /// <summary>The epochs so far.</summary>
    public IReadOnlyList<EpochRecord> Epochs => _retrainer.Epochs;

    /// <summary>Trains to the end, or goes on from a restored state.</summary>
    /// <exception cref="OperationCanceledException">The run was asked to stop.</exception>
    public RetrainingResult Run(IRunObserver observer, RunControl control)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return _retrainer.Train(observer.Training, epoch => observer.EpochEnded(_model, epoch), control);
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write("model", new ModelState(_model));
        writer.Write("retrainer", _retrainer);
    }

    /// <inheritdoc/>
    public void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        reader.Restore("model", new ModelState(_model));
        reader.Restore("retrainer", _retrainer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _retrainer.Dispose();
        _validation.Dispose();
        _step.Dispose();
    }
}
