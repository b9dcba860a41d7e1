using AutoTower.Search.Checkpoints;
using AutoTower.Search.Space;

namespace AutoTower.Search.Strategies;

/// <summary>What a candidate was found to be.</summary>
/// <param name="Loss">Its fitness on validation data; lower is better.</param>
/// <param name="LatencyMilliseconds">Time to compute a user's vector on the run's device, where it was measured.</param>
public readonly record struct CandidateScore(double Loss, double? LatencyMilliseconds = null);

/// <summary>A judged candidate.</summary>
/// <param name="Architecture">The candidate.</param>
/// <param name="Loss">Its fitness; lower is better.</param>
/// <param name="LatencyMilliseconds">Time to compute a user's vector, where it was measured.</param>
public sealed record ScoredArchitecture(Architecture Architecture, double Loss, double? LatencyMilliseconds = null);

/// <summary>All that a search needs to go on: what it has judged, in order, and how many random words it has drawn.</summary>
public sealed class SearchState : ICheckpointed
{
    private readonly List<CandidateScore> _pending = [];
    private readonly List<ScoredArchitecture> _visited = [];
    private readonly Dictionary<Architecture, double> _losses = [];

    /// <summary>Every judged candidate, in order.</summary>
    public IReadOnlyList<ScoredArchitecture> Visited => _visited;

    /// <summary>
    /// Scores of the first candidates of the population at hand, which is not complete yet; the population itself follows from
    /// <see cref="Visited"/> and <see cref="RandomPosition"/>.
    /// </summary>
    public IReadOnlyList<CandidateScore> Pending => _pending;

    /// <summary>Random words drawn before the population at hand.</summary>
    public ulong RandomPosition { get; set; }

    /// <summary>Iterations finished.</summary>
    public int Iteration { get; set; }

    /// <summary>True when the candidate has been judged.</summary>
    public bool IsVisited(Architecture architecture) => _losses.ContainsKey(architecture);

    /// <summary>The loss of a judged candidate.</summary>
    /// <exception cref="KeyNotFoundException">It has not been judged.</exception>
    public double LossOf(Architecture architecture) => _losses[architecture];

    /// <summary>Adds a judged candidate. A loss that is not a number counts as the worst.</summary>
    public void Add(ScoredArchitecture candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        _visited.Add(candidate);
        _losses[candidate.Architecture] = candidate.Loss;
    }

    /// <summary>Notes the score of the next candidate of the population at hand.</summary>
    public void AddPending(CandidateScore score) => _pending.Add(score);

    /// <summary>Takes in a whole population, the iteration being finished.</summary>
    /// <param name="population">The candidates.</param>
    /// <param name="scores">Their scores, in the same order.</param>
    /// <param name="randomPosition">Random words drawn up to here.</param>
    public void Complete(IReadOnlyList<Architecture> population, IReadOnlyList<CandidateScore> scores, ulong randomPosition)
    {
        ArgumentNullException.ThrowIfNull(population);
        ArgumentNullException.ThrowIfNull(scores);
        for (var i = 0; i < population.Count; i++)
        {
            Add(new ScoredArchitecture(population[i], scores[i].Loss, scores[i].LatencyMilliseconds));
        }

        _pending.Clear();
        RandomPosition = randomPosition;
        Iteration++;
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write("iteration", Iteration);
        writer.Write("random position", (long)RandomPosition);
        writer.Write("visited", string.Join('\n', _visited.Select(candidate => candidate.Architecture)));
        Save(writer, string.Empty, _visited.Select(candidate => new CandidateScore(candidate.Loss, candidate.LatencyMilliseconds)));
        Save(writer, "pending ", _pending);
    }

    /// <inheritdoc/>
    public void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        Iteration = (int)reader.Integer("iteration");
        RandomPosition = (ulong)reader.Integer("random position");
        var architectures = reader.Text("visited").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var (architecture, score) in architectures.Zip(Restore(reader, string.Empty)))
        {
            Add(new ScoredArchitecture(Architecture.Parse(architecture), score.Loss, score.LatencyMilliseconds));
        }

        _pending.AddRange(Restore(reader, "pending "));
    }

    /// <summary>The <paramref name="count"/> candidates with the lowest loss, best first; earlier ones first among equals.</summary>
    public IReadOnlyList<ScoredArchitecture> Best(int count) =>
        [.. _visited.OrderBy(candidate => double.IsNaN(candidate.Loss) ? double.PositiveInfinity : candidate.Loss).Take(count)];

    private static void Save(CheckpointWriter writer, string prefix, IEnumerable<CandidateScore> scores)
    {
        writer.Write($"{prefix}losses", [.. scores.Select(score => score.Loss)]);
        writer.Write($"{prefix}latencies", [.. scores.Select(score => score.LatencyMilliseconds ?? double.NaN)]);
    }

    private static IEnumerable<CandidateScore> Restore(CheckpointReader reader, string prefix) => reader.Numbers($"{prefix}losses").Zip(
        reader.Numbers($"{prefix}latencies"), (loss, latency) => new CandidateScore(loss, double.IsNaN(latency) ? null : latency));
}
