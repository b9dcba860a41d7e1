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
        return Measure("supernet step", "step", steps, repetitions, WarmUpSteps, count =>
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
        return Measure("fixed architecture step", "step", steps, repetitions, WarmUpSteps, count =>
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
        return Measure("candidate", "candidate", candidates, repetitions, Math.Min(candidates, 8), count =>
        {
            for (var i = 0; i < count; i++)
            {
                fitness.Evaluate(model.Space.Sample(random));
            }
        });
    }

    private static Timing Measure(string name, string unit, int units, int repetitions, int warmUp, Action<int> work)
    {
        work(warmUp);
        var times = new double[repetitions];
        for (var i = 0; i < repetitions; i++)
        {
            var watch = Stopwatch.StartNew();
            work(units);
            times[i] = watch.Elapsed.TotalMilliseconds;
        }

        return new Timing(name, unit, units, times);
    }

    private TwoTowerModel Supernet() =>
        new(experiment.Data, SearchSpace.Create(settings.UserBlocks, settings.ItemBlocks), experiment.Shape, settings.Seed);
}
