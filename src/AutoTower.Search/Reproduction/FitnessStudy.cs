using AutoTower.Autograd.Random;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Strategies;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;
using AutoTower.Search.Training.Measures;

namespace AutoTower.Search.Reproduction;

/// <summary>
/// Shows how well each fitness predicts the quality of an architecture trained from scratch: trains a supernet, draws random legal
/// architectures, judges them by every measure, trains each from scratch and ranks the test set, and correlates.
/// </summary>
public sealed class FitnessStudy : ICheckpointed, IDisposable
{
    private const ulong SampleSubstream = 4;
    private readonly Experiment _experiment;
    private readonly SearchSettings _settings;
    private readonly IRunObserver _observer;
    private readonly IReadOnlyList<Architecture> _architectures;
    private readonly Dictionary<FitnessMeasure, double[]> _fitness = [];
    private readonly TrainedArchitectures _trained;
    private TwoTowerModel? _supernet;
    private TrainingStep? _step;
    private SupernetTrainer? _trainer;
    private ModelTraining? _current;

    /// <summary>Prepares a study.</summary>
    /// <param name="experiment">The data.</param>
    /// <param name="settings">Supernet training, limits, batches of the measures, training from scratch; of the search itself nothing.</param>
    /// <param name="count">Number of architectures.</param>
    /// <param name="observer">Told what happens.</param>
    /// <exception cref="ArgumentException">There are not so many architectures within the limits.</exception>
    public FitnessStudy(Experiment experiment, SearchSettings settings, int count, IRunObserver observer)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(settings);
        _experiment = experiment;
        _settings = settings;
        _observer = observer;
        _trained = new TrainedArchitectures(experiment.Shape, settings.Convention);
        _architectures = Draw(experiment, settings, count);
    }

    /// <summary>Architectures trained from scratch so far.</summary>
    public int Trained => _trained.All.Count;

    /// <summary>Checks, before any work, that there are so many architectures within the limits.</summary>
    /// <exception cref="ArgumentException">There are not.</exception>
    public static void Validate(Experiment experiment, SearchSettings settings, int count) => Draw(experiment, settings, count);

    /// <summary>Runs the study, or goes on from the checkpoint that <paramref name="control"/> was given.</summary>
    /// <exception cref="OperationCanceledException">The run was asked to stop.</exception>
    public FitnessStudyReport Run(RunControl control)
    {
        ArgumentNullException.ThrowIfNull(control);
        control.Track("study", this);
        if (_fitness.Count == 0)
        {
            BeginSupernet();
            _observer.PhaseStarted("supernet", _settings.Steps);
            _trainer!.Train(_settings.Steps, _observer.Training, control);
            Judge();
            EndSupernet();
            control.Checkpoint();
        }

        _observer.PhaseStarted("retraining", _architectures.Count);
        while (_trained.All.Count < _architectures.Count)
        {
            BeginTraining();
            var trained = (TrainedArchitecture)_current!.Run(_observer, control);
            _trained.Add(trained);
            EndTraining();
            _observer.Trained(trained);
            control.Checkpoint();
        }

        return FitnessStudyReport.Of([.. _trained.All.Select((trained, index) => new StudiedArchitecture(
            _fitness.ToDictionary(entry => entry.Key, entry => entry.Value[index]), trained))]);
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (_supernet is not null)
        {
            writer.Write("supernet", _supernet);
            writer.Write("training", _trainer!);
            return;
        }

        foreach (var (measure, values) in _fitness)
        {
            writer.Write($"fitness/{measure}", values);
        }

        writer.Write("trained", _trained);
        if (_current is not null)
        {
            writer.Write("current", _current.Training);
        }
    }

    /// <inheritdoc/>
    public void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (reader.Has("supernet/layout"))
        {
            BeginSupernet();
            reader.Restore("supernet", _supernet!);
            reader.Restore("training", _trainer!);
            return;
        }

        foreach (var measure in Enum.GetValues<FitnessMeasure>())
        {
            _fitness[measure] = reader.Numbers($"fitness/{measure}");
        }

        reader.Restore("trained", _trained);
        if (reader.Has("current"))
        {
            BeginTraining();
            reader.Restore("current", _current!.Training);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        EndSupernet();
        EndTraining();
    }

    private static IReadOnlyList<Architecture> Draw(Experiment experiment, SearchSettings settings, int count)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(settings);
        var random = new CounterRandom(settings.Seed, RandomStream.Strategy, SampleSubstream);
        var space = SearchSpace.Create(settings.UserBlocks, settings.ItemBlocks);
        var drawn = new LegalCandidates(space, experiment.Shape, settings.Limits, settings.Convention, random).Draw(count, random, _ => false);
        return drawn.Count == count
            ? drawn
            : throw new ArgumentException($"Only {drawn.Count} architectures within the limits were found, not {count}; raise a limit.");
    }

    private void Judge()
    {
        foreach (var measure in Enum.GetValues<FitnessMeasure>())
        {
            var options = _settings.Fitness with { Measure = measure };
            using var fitness = new FitnessEvaluator(
                _supernet!, _experiment.Train, FitnessMeasures.Create(_experiment, options, _settings.Training), options, _settings.Seed);
            _fitness[measure] = [.. _architectures.Select(fitness.Evaluate)];
        }
    }

    private void BeginSupernet()
    {
        if (_supernet is null)
        {
            _supernet = _experiment.NewModel(SearchSpace.Create(_settings.UserBlocks, _settings.ItemBlocks));
            _step = new TrainingStep(_supernet, _experiment.Train, _experiment.Fit(_settings.Training), _settings.Seed);
            _trainer = new SupernetTrainer(_supernet, _step, _settings.Seed);
        }
    }

    private void BeginTraining() => _current ??= new ModelTraining(
        _experiment, _architectures[_trained.All.Count], _settings.Training, _settings.Retraining, _settings.Convention);

    private void EndTraining()
    {
        _current?.Dispose();
        _current = null;
    }

    private void EndSupernet()
    {
        _trainer?.Dispose();
        _step?.Dispose();
        _supernet?.Dispose();
        (_supernet, _step, _trainer) = (null, null, null);
    }
}
