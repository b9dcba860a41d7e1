using System.Diagnostics;
using AutoTower.Search.Cost;
using AutoTower.Search.Evolution;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Pipeline;

/// <summary>
/// The whole job (paper, section 3.3): train the supernet, search it by evolution under the limits, retrain the best from scratch, choose
/// among them on validation data, and rank the test set.
/// </summary>
public sealed class SearchPipeline(Experiment experiment, SearchSettings settings, IRunObserver observer)
{
    /// <summary>Runs all phases.</summary>
    /// <param name="modelReady">Called with the final model, the best of the retrained, before it is released; for saving weights.</param>
    /// <param name="cancellation">Ends the run between two steps or candidates.</param>
    public SearchReport Run(Action<TwoTowerModel, TrainedArchitecture>? modelReady, CancellationToken cancellation)
    {
        var space = SearchSpace.Create(settings.UserBlocks, settings.ItemBlocks);
        // Impossible limits are known before the supernet is trained.
        var search = new EvolutionarySearch(
            space, experiment.Shape, settings.Limits, settings.Evolution, settings.Seed, settings.Convention);
        IReadOnlyList<ScoredArchitecture> best;
        int evaluated;
        TimeSpan supernetTime;
        TimeSpan evolutionTime;
        using (var supernet = new TwoTowerModel(experiment.Data, space, experiment.Shape, settings.Seed))
        {
            supernetTime = Timed("supernet", settings.Steps, () => TrainSupernet(supernet, cancellation));
            (best, evaluated) = ([], 0);
            evolutionTime = Timed("evolution", settings.Evolution.Iterations * settings.Evolution.Population, () =>
                (best, evaluated) = Evolve(supernet, search, cancellation));
        }

        IReadOnlyList<TrainedArchitecture> trained = [];
        var retrainingTime = Timed("retraining", Math.Min(settings.Top, best.Count), () => trained = Retrain(best, modelReady, cancellation));
        return new SearchReport(trained, experiment.Popularity(), evaluated, supernetTime, evolutionTime, retrainingTime);
    }

    private void TrainSupernet(TwoTowerModel supernet, CancellationToken cancellation)
    {
        var options = settings.Training with { BatchSize = Math.Min(settings.Training.BatchSize, experiment.Split.Train.Length) };
        using var step = new TrainingStep(supernet, experiment.Train, options, settings.Seed);
        new SupernetTrainer(supernet, step, settings.Seed).Train(settings.Steps, observer.Training, cancellation);
    }

    private (IReadOnlyList<ScoredArchitecture> Best, int Evaluated) Evolve(
        TwoTowerModel supernet, EvolutionarySearch search, CancellationToken cancellation)
    {
        using var fitness = new FitnessEvaluator(
            supernet, experiment.Train, experiment.Validation, settings.Fitness, settings.Seed);
        var evaluated = 0;
        var iteration = 0;
        var result = search.Run(
            candidates =>
            {
                iteration++;
                var losses = new double[candidates.Count];
                for (var i = 0; i < candidates.Count; i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    losses[i] = fitness.Evaluate(candidates[i]);
                    var cost = CostModel.Of(candidates[i], experiment.Shape, settings.Convention);
                    observer.Candidate(new CandidateRecord(++evaluated, iteration, candidates[i], losses[i], cost));
                }

                return losses;
            },
            null,
            cancellation);
        return (result.Best, evaluated);
    }

    private List<TrainedArchitecture> Retrain(
        IReadOnlyList<ScoredArchitecture> best, Action<TwoTowerModel, TrainedArchitecture>? modelReady, CancellationToken cancellation)
    {
        var trained = new List<TrainedArchitecture>();
        TwoTowerModel? kept = null;
        try
        {
            foreach (var candidate in best.Take(settings.Top))
            {
                var (model, result) = experiment.TrainFromScratch(
                    candidate.Architecture, settings.Training, settings.Retraining, observer, cancellation);
                var cost = CostModel.Of(candidate.Architecture, experiment.Shape, settings.Convention);
                var test = experiment.Rank(model, candidate.Architecture);
                var isBest = trained.All(other => result.BestValidationLoss < other.Retraining.BestValidationLoss);
                trained.Add(new TrainedArchitecture(candidate.Architecture, cost, candidate.Loss, result, test));
                (isBest ? kept : model)?.Dispose();
                kept = isBest ? model : kept;
            }

            trained.Sort((a, b) => a.Retraining.BestValidationLoss.CompareTo(b.Retraining.BestValidationLoss));
            if (kept is not null)
            {
                modelReady?.Invoke(kept, trained[0]);
            }
        }
        finally
        {
            kept?.Dispose();
        }

        return trained;
    }

    private TimeSpan Timed(string phase, int total, Action body)
    {
        var watch = Stopwatch.StartNew();
        observer.PhaseStarted(phase, total);
        body();
        observer.PhaseEnded(phase, watch.Elapsed);
        return watch.Elapsed;
    }
}
