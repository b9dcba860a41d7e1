using System.Diagnostics;
using AutoTower.Autograd.Random;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Benchmarks;

/// <summary>
/// What a user waits for, measured whole: supernet steps with uniformly sampled paths (sampling, batch assembly, item frequencies, loss,
/// backward, clipping and Adam included), judging of candidates, and training from scratch.
/// </summary>
/// <param name="experiment">The data on the device.</param>
/// <param name="settings">Sizes of the search.</param>
public sealed class MacroBenchmarks(Experiment experiment, SearchSettings settings)
{
    private const int WarmUpSteps = 100;

    /// <summary>Supernet training.</summary>
    /// <param name="steps">Steps of a repetition.</param>
    /// <param name="repetitions">Repetitions, after a warm-up.</param>
    public Timing SupernetSteps(int steps, int repetitions)
    {
        using var model = Supernet();
        using var step = new TrainingStep(model, experiment.Train, settings.Training, settings.Seed);
        var random = new CounterRandom(settings.Seed, RandomStream.ArchitectureSampling);
        return Timing.Measure("supernet step", "step", steps, repetitions, WarmUpSteps, count =>
        {
            for (var i = 0; i < count; i++)
            {
                step.Run(model.At(model.Space.Sample(random)));
            }

            step.ReadLoss();
        });
    }

    /// <summary>Training of one architecture, as in retraining but without validation.</summary>
    public Timing FixedSteps(Architecture architecture, int steps, int repetitions)
    {
        using var model = new TwoTowerModel(experiment.Data, SearchSpace.Only(architecture), experiment.Shape, settings.Seed);
        using var step = new TrainingStep(model, experiment.Train, settings.Training, settings.Seed);
        var path = model.At(architecture);
        return Timing.Measure("fixed architecture step", "step", steps, repetitions, WarmUpSteps, count =>
        {
            for (var i = 0; i < count; i++)
            {
                step.Run(path);
            }

            step.ReadLoss();
        });
    }

    /// <summary>Judging of random candidates, each with new statistics and a loss, as the settings' fitness options say.</summary>
    /// <param name="candidates">Candidates of a repetition.</param>
    /// <param name="repetitions">Repetitions, after a warm-up; no candidate is judged twice.</param>
    public Timing Candidates(int candidates, int repetitions)
    {
        using var model = Supernet();
        using var fitness = new FitnessEvaluator(model, experiment.Train, experiment.Validation, settings.Fitness, settings.Seed);
        var random = new CounterRandom(settings.Seed, RandomStream.Evolution);
        return Timing.Measure("candidate", "candidate", candidates, repetitions, Math.Min(candidates, 8), count =>
        {
            for (var i = 0; i < count; i++)
            {
                fitness.Evaluate(model.Space.Sample(random));
            }
        });
    }

    /// <summary>The whole search, and what of it each phase takes: supernet, evolution, retraining with testing.</summary>
    /// <param name="repetitions">Searches, without a warm-up.</param>
    /// <param name="observer">Told what happens.</param>
    /// <param name="cancellation">Ends a search between two steps or candidates.</param>
    /// <returns>The times, and the report of the last search.</returns>
    public (IReadOnlyList<Timing> Timings, SearchReport Report) WholeSearch(int repetitions, IRunObserver observer, CancellationToken cancellation)
    {
        var whole = new double[repetitions];
        var reports = new SearchReport[repetitions];
        for (var i = 0; i < repetitions; i++)
        {
            var watch = Stopwatch.StartNew();
            using var pipeline = new SearchPipeline(experiment, settings, observer);
            reports[i] = pipeline.Run(null, cancellation);
            whole[i] = watch.Elapsed.TotalMilliseconds;
        }

        return (
            [
                new Timing("whole search", "search", 1, whole),
                Phase("supernet", report => report.SupernetTime),
                Phase("evolution", report => report.EvolutionTime),
                Phase("retraining", report => report.RetrainingTime),
            ],
            reports[^1]);

        Timing Phase(string name, Func<SearchReport, TimeSpan> time) =>
            new($"whole search: {name}", "search", 1, [.. reports.Select(report => time(report).TotalMilliseconds)]);
    }

    private TwoTowerModel Supernet() =>
        new(experiment.Data, SearchSpace.Create(settings.UserBlocks, settings.ItemBlocks), experiment.Shape, settings.Seed);
}
