using AutoTower.Search.Evaluation;
using AutoTower.Search.Pipeline;

namespace AutoTower.Search.Training.Measures;

/// <summary>Makes the measures of an experiment.</summary>
public static class FitnessMeasures
{
    /// <summary>A measure on the validation data of <paramref name="experiment"/>. The caller owns it.</summary>
    public static IFitnessMeasure Create(Experiment experiment, FitnessOptions options, TrainingOptions training)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(options);
        return options.Measure switch
        {
            FitnessMeasure.Corrected => new BatchLossMeasure(
                experiment.Data, experiment.Train, experiment.Validation, options, experiment.Fit(training), experiment.Seed),
            FitnessMeasure.Recall => new RecallMeasure(experiment.Data, experiment.ValidationQueries, options),
            _ => new BatchLossMeasure(experiment.Data, experiment.Validation, options, experiment.Seed),
        };
    }
}
