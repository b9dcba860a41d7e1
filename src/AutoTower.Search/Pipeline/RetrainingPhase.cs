using AutoTower.Search.Checkpoints;
using AutoTower.Search.Cost;
using AutoTower.Search.Strategies;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Pipeline;

/// <summary>Retrains the chosen architectures from scratch, one after another, and keeps the model with the lowest validation loss.</summary>
internal sealed class RetrainingPhase(
    Experiment experiment, SearchSettings settings, IReadOnlyList<ScoredArchitecture> chosen, IRunObserver observer) : ICheckpointed, IDisposable
{
    private readonly TrainedArchitectures _trained = new(experiment.Shape, settings.Convention);
    private TwoTowerModel? _best;
    private TwoTowerModel? _model;
    private ScratchTraining? _training;

    public IReadOnlyList<TrainedArchitecture> Trained => _trained.All;

    /// <summary>The model of the best trained architecture; null while there is none.</summary>
    public TwoTowerModel? BestModel => _best;

    public void Run(RunControl control)
    {
        while (_trained.All.Count < chosen.Count)
        {
            var candidate = chosen[_trained.All.Count];
            var training = _training ?? Begin(candidate.Architecture);
            Finish(candidate, training.Run(observer, control));
            control.Checkpoint();
        }
    }

    public void Save(CheckpointWriter writer)
    {
        writer.Write("trained", _trained);
        if (_best is not null)
        {
            writer.Write("best", _best);
        }

        if (_training is not null)
        {
            writer.Write("current", _training);
        }
    }

    public void Restore(CheckpointReader reader)
    {
        reader.Restore("trained", _trained);
        if (_trained.Best is { } best)
        {
            _best = experiment.NewModel(SearchSpace.Only(best.Architecture));
            reader.Restore("best", _best);
        }

        if (reader.Has("current"))
        {
            reader.Restore("current", Begin(chosen[_trained.All.Count].Architecture));
        }
    }

    public void Dispose()
    {
        _training?.Dispose();
        _model?.Dispose();
        _best?.Dispose();
    }

    private ScratchTraining Begin(Architecture architecture)
    {
        _model = experiment.NewModel(SearchSpace.Only(architecture));
        _training = new ScratchTraining(experiment, _model.At(architecture), settings.Training, settings.Retraining);
        return _training;
    }

    private void Finish(ScoredArchitecture candidate, Training.RetrainingResult result)
    {
        var cost = CostModel.Of(candidate.Architecture, experiment.Shape, settings.Convention);
        var trained = new TrainedArchitecture(
            candidate.Architecture, cost, candidate.Loss, result, experiment.RankAll(_model!.At(candidate.Architecture)));
        _trained.Add(trained);
        _training!.Dispose();
        _training = null;
        var isBest = _trained.Best == trained;
        (isBest ? _best : _model)?.Dispose();
        _best = isBest ? _model : _best;
        _model = null;
        observer.Trained(trained);
    }
}
