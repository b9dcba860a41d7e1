using AutoTower.Search.Checkpoints;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Pipeline;

/// <summary>One architecture being trained from scratch; the model stays the caller's.</summary>
public sealed class ScratchTraining : ICheckpointed, IDisposable
{
    private readonly Architecture _architecture;
    private readonly TwoTowerModel _model;
    private readonly TrainingStep _step;
    private readonly ValidationLoss _validation;
    private readonly Retrainer _retrainer;

    /// <summary>Prepares the training of <paramref name="model"/>, whose only path is <paramref name="architecture"/>.</summary>
    public ScratchTraining(
        Experiment experiment, TwoTowerModel model, Architecture architecture, TrainingOptions training, RetrainingOptions retraining)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(model);
        var fitted = experiment.Fit(training);
        _architecture = architecture;
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
        return _retrainer.Train(
            _architecture, observer.Training, epoch => observer.EpochEnded(_architecture, epoch, _model), control);
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write("model", _model);
        writer.Write("retrainer", _retrainer);
    }

    /// <inheritdoc/>
    public void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        reader.Restore("model", _model);
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
