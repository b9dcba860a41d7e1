using AutoTower.Search.Checkpoints;
using AutoTower.Search.Cost;
using AutoTower.Search.Strategies;
using AutoTower.Search.Strategies.Pareto;
using AutoTower.Search.Strategies.Proximal;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;
using AutoTower.Search.Training.Measures;

namespace AutoTower.Search.Pipeline;

/// <summary>
/// The whole job (paper, section 3.3): train the supernet, search it under the limits, retrain the best from scratch, choose among them on
/// validation data, and rank the test set.
/// </summary>
public sealed class SearchPipeline : ICheckpointed, IDisposable
{
    private readonly Experiment _experiment;
    private readonly SearchSettings _settings;
    private readonly IRunObserver _observer;
    private readonly SearchSpace _space;
    private readonly CandidateSearch _search;
    private readonly PhaseClock _clock = new();
    private SearchPhase _phase = SearchPhase.Supernet;
    private TwoTowerModel? _supernet;
    private TrainingStep? _step;
    private ISupernetTrainer? _trainer;
    private RetrainingPhase? _retraining;

    /// <summary>Prepares a search.</summary>
    /// <exception cref="ArgumentException">No architecture of the space obeys the limits; known before the supernet is trained.</exception>
    public SearchPipeline(Experiment experiment, SearchSettings settings, IRunObserver observer)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(settings);
        _experiment = experiment;
        _settings = settings;
        _observer = observer;
        _space = SearchSpace.Create(settings.UserBlocks, settings.ItemBlocks);
        _search = StrategyFactory.Create(settings, _space, experiment.Shape);
    }

    /// <summary>Checks, before any work, that the settings can be met.</summary>
    /// <exception cref="ArgumentException">No architecture of the space obeys the limits, or the sizes of the search do not fit.</exception>
    public static void Validate(Experiment experiment, SearchSettings settings)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(settings);
        StrategyFactory.Create(settings, SearchSpace.Create(settings.UserBlocks, settings.ItemBlocks), experiment.Shape).Dispose();
    }

    /// <summary>How far the search is.</summary>
    public SearchProgress Progress => new(
        _phase,
        _phase == SearchPhase.Supernet ? _step?.StepCount ?? 0 : _settings.Steps,
        _search.State.Visited.Count + _search.State.Pending.Count,
        _search.State.Best(_settings.Top),
        _retraining?.Trained ?? []);

    /// <summary>Runs all phases.</summary>
    /// <param name="modelReady">Called with the final model, the best of the retrained, before it is released; for saving weights.</param>
    /// <param name="cancellation">Ends the run between two steps or candidates.</param>
    public SearchReport Run(Action<TwoTowerModel, TrainedArchitecture>? modelReady, CancellationToken cancellation) =>
        Run(modelReady, new RunControl(cancellation));

    /// <summary>Runs all phases, or goes on from the checkpoint that <paramref name="control"/> was given.</summary>
    /// <param name="modelReady">Called with the final model, the best of the retrained, before it is released; for saving weights.</param>
    /// <param name="control">Asked between two steps or candidates.</param>
    /// <exception cref="OperationCanceledException">The run was asked to stop.</exception>
    public SearchReport Run(Action<TwoTowerModel, TrainedArchitecture>? modelReady, RunControl control)
    {
        ArgumentNullException.ThrowIfNull(control);
        try
        {
            control.Track("search", this);
            if (_phase == SearchPhase.Supernet)
            {
                Enter(SearchPhase.Supernet);
                RunPhase("supernet", _settings.Steps, () => TrainSupernet(control));
                Enter(SearchPhase.Evolution);
                control.Checkpoint();
            }

            if (_phase == SearchPhase.Evolution)
            {
                RunPhase("evolution", _search.Budget, () => Judge(control));
                Enter(SearchPhase.Retraining);
                control.Checkpoint();
            }

            RunPhase("retraining", Chosen().Count, () => _retraining!.Run(control));
            return Report(modelReady);
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Releases device memory, as the end of <see cref="Run(Action{TwoTowerModel, TrainedArchitecture}, RunControl)"/> does.</summary>
    public void Dispose()
    {
        _trainer?.Dispose();
        _step?.Dispose();
        _supernet?.Dispose();
        _retraining?.Dispose();
        _search.Dispose();
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write("phase", (long)_phase);
        writer.Write("clock", _clock);
        writer.Write("evolution", _search);
        foreach (var (name, component) in PhaseComponents())
        {
            writer.Write(name, component);
        }
    }

    /// <inheritdoc/>
    public void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        reader.Restore("clock", _clock);
        reader.Restore("evolution", _search);
        Enter((SearchPhase)reader.Integer("phase"));
        foreach (var (name, component) in PhaseComponents())
        {
            reader.Restore(name, component);
        }
    }

    /// <summary>Makes what the phase works with and releases what it no longer needs.</summary>
    private void Enter(SearchPhase phase)
    {
        _phase = phase;
        if (phase != SearchPhase.Retraining)
        {
            _supernet ??= _experiment.NewModel(_space);
        }

        if (phase == SearchPhase.Supernet && _trainer is null)
        {
            var training = _experiment.Fit(_settings.Training);
            _step = new TrainingStep(_supernet!, _experiment.Train, training, _settings.Seed);
            _trainer = _search is ProximalSearch proximal
                ? proximal.Trainer(_supernet!, _step, _experiment.Validation, training)
                : new SupernetTrainer(_supernet!, _step, _settings.Seed);
        }

        if (phase != SearchPhase.Supernet)
        {
            _trainer?.Dispose();
            _step?.Dispose();
            (_step, _trainer) = (null, null);
        }

        if (phase == SearchPhase.Retraining)
        {
            _supernet?.Dispose();
            _supernet = null;
            _retraining ??= new RetrainingPhase(_experiment, _settings, Chosen(), _observer);
        }
    }

    private IEnumerable<(string Name, ICheckpointed Component)> PhaseComponents()
    {
        (string, ICheckpointed?)[] all = [("supernet", _supernet), ("training", _trainer), ("retraining", _retraining)];
        return all.Where(entry => entry.Item2 is not null).Select(entry => (entry.Item1, entry.Item2!));
    }

    private void TrainSupernet(RunControl control)
    {
        // Architecture weights are trained with a supernet of their own.
        var cache = _settings.SupernetCache is { } folder && _search is not ProximalSearch ? new SupernetCache(folder, _experiment, _settings) : null;
        if (cache?.TryLoad(_supernet!) == true)
        {
            return;
        }

        _trainer!.Train(_settings.Steps, _observer.Training, control);
        cache?.Save(_supernet!);
    }

    private IReadOnlyList<ScoredArchitecture> Chosen() => _search.Chosen(_settings.Top);

    private void Judge(RunControl control)
    {
        using var fitness = new FitnessEvaluator(
            _supernet!,
            _experiment.Train,
            FitnessMeasures.Create(_experiment, _settings.Fitness, _settings.Training),
            _settings.Fitness,
            _settings.Seed);
        using var latency = _settings.MeasuresLatency ? new LatencyMeter(_supernet!, _experiment.Split.Validation[0]) : null;
        _search.Run(candidates => Judge(candidates, fitness, latency, control), _observer.IterationEnded, CancellationToken.None);
    }

    private IReadOnlyList<CandidateScore> Judge(
        IReadOnlyList<Architecture> candidates, FitnessEvaluator fitness, LatencyMeter? latency, RunControl control)
    {
        var state = _search.State;
        while (state.Pending.Count < candidates.Count)
        {
            var candidate = candidates[state.Pending.Count];
            var score = new CandidateScore(fitness.Evaluate(candidate), latency?.Measure(candidate));
            state.AddPending(score);
            var cost = CostModel.Of(candidate, _experiment.Shape, _settings.Convention);
            _observer.Candidate(new CandidateRecord(
                state.Visited.Count + state.Pending.Count, state.Iteration + 1, candidate, score.Loss, cost, score.LatencyMilliseconds));
            control.Between();
        }

        return [.. state.Pending];
    }

    private SearchReport Report(Action<TwoTowerModel, TrainedArchitecture>? modelReady)
    {
        // Chosen on validation data; the order is stable, so that the first is the one whose model was kept.
        IReadOnlyList<TrainedArchitecture> trained = [.. _retraining!.Trained.OrderBy(other => other.Retraining.BestValidationLoss)];
        if (_retraining.BestModel is { } model)
        {
            modelReady?.Invoke(model, trained[0]);
        }

        return new SearchReport(
            trained,
            _experiment.Popularity(),
            _search.State.Visited.Count,
            _clock[SearchPhase.Supernet],
            _clock[SearchPhase.Evolution],
            _clock[SearchPhase.Retraining])
        {
            Front = _search is ParetoSearch pareto ? [.. pareto.Front.Select(WithCost)] : [],
        };
    }

    private FrontMember WithCost(ScoredArchitecture candidate) => new(
        candidate.Architecture,
        candidate.Loss,
        CostModel.Of(candidate.Architecture, _experiment.Shape, _settings.Convention),
        candidate.LatencyMilliseconds);

    private void RunPhase(string phase, int total, Action body)
    {
        _observer.PhaseStarted(phase, total);
        _clock.Start(_phase);
        body();
        _clock.Stop();
        _observer.PhaseEnded(phase, _clock[_phase]);
    }
}
