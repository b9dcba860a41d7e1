using AutoTower.Search.Evaluation;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Training.Measures;

namespace AutoTower.Search.Reproduction;

/// <summary>An architecture of the study.</summary>
/// <param name="Fitness">By measure, with the supernet's weights; lower is better.</param>
/// <param name="Trained">From scratch, with test metrics.</param>
public sealed record StudiedArchitecture(IReadOnlyDictionary<FitnessMeasure, double> Fitness, TrainedArchitecture Trained);

/// <summary>How well something that is known before predicts the Recall@50 of architectures trained from scratch.</summary>
/// <param name="Predictor">A fitness, or what it is compared with.</param>
/// <param name="Protocol">Protocol of the Recall@50 on the test set.</param>
/// <param name="Spearman">Positive where a better value goes with a better recall.</param>
public sealed record Prediction(string Predictor, EvaluationProtocol Protocol, Spearman Spearman);

/// <summary>The outcome of a study of fitness measures.</summary>
/// <param name="Architectures">The architectures, in the order drawn.</param>
/// <param name="Predictions">By predictor and protocol.</param>
public sealed record FitnessStudyReport(IReadOnlyList<StudiedArchitecture> Architectures, IReadOnlyList<Prediction> Predictions)
{
    /// <summary>Name of the predictor that is known only after training from scratch, for comparison.</summary>
    public const string ValidationLoss = "validation loss after training from scratch";

    /// <summary>The same of another one.</summary>
    public const string ValidationRecall = "validation recall@50 after training from scratch";

    /// <summary>Name of the predictor that needs no training at all, for comparison.</summary>
    public const string Parameters = "parameters";

    /// <summary>Correlates what was measured.</summary>
    public static FitnessStudyReport Of(IReadOnlyList<StudiedArchitecture> architectures)
    {
        ArgumentNullException.ThrowIfNull(architectures);
        var predictors = Enum.GetValues<FitnessMeasure>()
            .Select(measure => (measure.ToString().ToLowerInvariant(), (Func<StudiedArchitecture, double>)(studied => -studied.Fitness[measure])))
            .Append((ValidationLoss, studied => -studied.Trained.Retraining.BestValidationLoss))
            .Append((ValidationRecall, studied => studied.Trained.Ranking.Validation?.RecallAt(RecallMeasure.Cutoff) ?? double.NaN))
            .Append((Parameters, studied => studied.Trained.Cost.Total.Parameters));
        return new FitnessStudyReport(
            architectures,
            [
                .. from predictor in predictors
                   from protocol in Enum.GetValues<EvaluationProtocol>()
                   select new Prediction(
                       predictor.Item1,
                       protocol,
                       Spearman.Of(
                           [.. architectures.Select(predictor.Item2)],
                           [.. architectures.Select(studied => studied.Trained.Test[protocol].RecallAt(RecallMeasure.Cutoff))])),
            ]);
    }
}
