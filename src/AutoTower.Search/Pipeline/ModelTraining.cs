using AutoTower.Search.Baselines;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Cost;
using AutoTower.Search.Models;
using AutoTower.Search.Space;
using AutoTower.Search.Training;

namespace AutoTower.Search.Pipeline;

/// <summary>An architecture or a baseline with all that it takes to train it from scratch and rank the test set with it.</summary>
public sealed class ModelTraining : IDisposable
{
    private readonly Experiment _experiment;
    private readonly Architecture? _architecture;
    private readonly ModelCost _cost;
    private readonly IDisposable _owner;

    /// <summary>Prepares the training of an architecture.</summary>
    public ModelTraining(
        Experiment experiment, Architecture architecture, TrainingOptions training, RetrainingOptions retraining, CostConvention convention)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        _experiment = experiment;
        _architecture = architecture;
        _cost = CostModel.Of(architecture, experiment.Shape, convention);
        var supernet = experiment.NewModel(SearchSpace.Only(architecture));
        (_owner, Model) = (supernet, supernet.At(architecture));
        Training = new ScratchTraining(experiment, Model, training, retraining);
    }

    /// <summary>Prepares the training of a baseline.</summary>
    public ModelTraining(
        Experiment experiment, BaselineDefinition baseline, TrainingOptions training, RetrainingOptions retraining, CostConvention convention)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(baseline);
        _experiment = experiment;
        _cost = BaselineCost.Of(baseline, experiment.Shape, convention);
        var model = BaselineCatalog.Create(baseline, experiment.Data, experiment.Shape, experiment.Seed);
        (_owner, Model) = (model, model);
        Training = new ScratchTraining(experiment, Model, training, retraining);
    }

    /// <summary>The model.</summary>
    public ITwoTowerModel Model { get; }

    /// <summary>Its training, whose state checkpoints hold.</summary>
    public ScratchTraining Training { get; }

    /// <summary>Trains to the end, or goes on from a restored state, and ranks.</summary>
    /// <exception cref="OperationCanceledException">The run was asked to stop.</exception>
    public TrainedModel Run(IRunObserver observer, RunControl control)
    {
        var result = Training.Run(observer, control);
        var ranking = _experiment.RankAll(Model);
        return _architecture is null
            ? new TrainedModel(Model.Name, _cost, result, ranking)
            : new TrainedArchitecture(_architecture, _cost, null, result, ranking);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Training.Dispose();
        _owner.Dispose();
    }
}
