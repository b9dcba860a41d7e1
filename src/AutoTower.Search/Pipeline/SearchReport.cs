using AutoTower.Search.Cost;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Strategies;
using AutoTower.Search.Space;
using AutoTower.Search.Training;

namespace AutoTower.Search.Pipeline;

/// <summary>Something that ranked the test set.</summary>
/// <param name="Name">What run folders call it.</param>
/// <param name="Test">Test metrics by protocol.</param>
public record RankedModel(string Name, IReadOnlyDictionary<EvaluationProtocol, RankingMetrics> Test);

/// <summary>A model trained from scratch and ranked on the test set.</summary>
/// <param name="Name">What run folders call it.</param>
/// <param name="Cost">Its analytic cost.</param>
/// <param name="Retraining">How training went.</param>
/// <param name="Ranking">How well it ranks.</param>
public record TrainedModel(string Name, ModelCost Cost, RetrainingResult Retraining, ModelRanking Ranking) : RankedModel(Name, Ranking.Test);

/// <summary>How well a trained model ranks.</summary>
/// <param name="Test">Test metrics by protocol.</param>
/// <param name="Validation">
/// Metrics on validation data, asked as <see cref="RankingQueries.ForValidation"/> says, for choices that must not see test data; null in runs
/// that were started before there were any.
/// </param>
public sealed record ModelRanking(IReadOnlyDictionary<EvaluationProtocol, RankingMetrics> Test, RankingMetrics? Validation);

/// <summary>An architecture trained from scratch and ranked on the test set.</summary>
/// <param name="Architecture">The architecture.</param>
/// <param name="Cost">Its analytic cost.</param>
/// <param name="Fitness">Its loss with the supernet's weights; absent for an architecture that was not searched.</param>
/// <param name="Retraining">How training went.</param>
/// <param name="Ranking">How well it ranks.</param>
public sealed record TrainedArchitecture(
    Architecture Architecture, ModelCost Cost, double? Fitness, RetrainingResult Retraining, ModelRanking Ranking)
    : TrainedModel(Architecture.ToString(), Cost, Retraining, Ranking);

/// <summary>The outcome of a search.</summary>
/// <param name="Trained">The retrained architectures, best validation loss first: the first is the result, chosen without test data.</param>
/// <param name="Popularity">Test metrics of the most-popular order by protocol.</param>
/// <param name="CandidatesEvaluated">Number of distinct candidates that the evolution judged.</param>
/// <param name="SupernetTime">Wall-clock time of supernet training.</param>
/// <param name="EvolutionTime">Wall-clock time of the evolution.</param>
/// <param name="RetrainingTime">Wall-clock time of retraining and testing.</param>
public sealed record SearchReport(
    IReadOnlyList<TrainedArchitecture> Trained,
    IReadOnlyDictionary<EvaluationProtocol, RankingMetrics> Popularity,
    int CandidatesEvaluated,
    TimeSpan SupernetTime,
    TimeSpan EvolutionTime,
    TimeSpan RetrainingTime)
{
    /// <summary>The front of a multi-objective search, fittest first; empty for the others.</summary>
    public IReadOnlyList<FrontMember> Front { get; init; } = [];
}

/// <summary>A candidate that no other judged one beats in all objectives.</summary>
/// <param name="Architecture">The candidate.</param>
/// <param name="Fitness">Its fitness; lower is better.</param>
/// <param name="Cost">Its analytic cost.</param>
/// <param name="LatencyMilliseconds">Time to compute a user's vector, where it was measured.</param>
public sealed record FrontMember(Architecture Architecture, double Fitness, ModelCost Cost, double? LatencyMilliseconds);

/// <summary>How far a search is, and what it has found up to here.</summary>
/// <param name="Phase">The phase at hand.</param>
/// <param name="Steps">Supernet training steps taken.</param>
/// <param name="CandidatesEvaluated">Candidates judged.</param>
/// <param name="Best">The best of them, of complete iterations, best first.</param>
/// <param name="Trained">Architectures retrained so far.</param>
public sealed record SearchProgress(
    SearchPhase Phase,
    int Steps,
    int CandidatesEvaluated,
    IReadOnlyList<ScoredArchitecture> Best,
    IReadOnlyList<TrainedArchitecture> Trained);
