using AutoTower.Search.Checkpoints;
using AutoTower.Search.Space;

namespace AutoTower.Search.Strategies;

/// <summary>A judged candidate.</summary>
/// <param name="Architecture">The candidate.</param>
/// <param name="Loss">Its validation loss; lower is better.</param>
public sealed record ScoredArchitecture(Architecture Architecture, double Loss);

/// <summary>All that a search needs to go on: what it has judged, in order, and how many random words it has drawn.</summary>
public sealed class SearchState : ICheckpointed
{
    private readonly List<double> _pending = [];
    private readonly List<ScoredArchitecture> _visited = [];
    private readonly Dictionary<Architecture, double> _losses = [];

    /// <summary>Every judged candidate, in order.</summary>
    public IReadOnlyList<ScoredArchitecture> Visited => _visited;

    /// <summary>
    /// Losses of the first candidates of the population at hand, which is not complete yet; the population itself follows from
    /// <see cref="Visited"/> and <see cref="RandomPosition"/>.
    /// </summary>
    public IReadOnlyList<double> Pending => _pending;

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

    /// <summary>Notes the loss of the next candidate of the population at hand.</summary>
    public void AddPending(double loss) => _pending.Add(loss);

    /// <summary>Takes in a whole population, the iteration being finished.</summary>
    /// <param name="population">The candidates.</param>
    /// <param name="losses">Their losses, in the same order.</param>
    /// <param name="randomPosition">Random words drawn up to here.</param>
    public void Complete(IReadOnlyList<Architecture> population, IReadOnlyList<double> losses, ulong randomPosition)
    {
        ArgumentNullException.ThrowIfNull(population);
        ArgumentNullException.ThrowIfNull(losses);
        for (var i = 0; i < population.Count; i++)
        {
            Add(new ScoredArchitecture(population[i], losses[i]));
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
        writer.Write("losses", [.. _visited.Select(candidate => candidate.Loss)]);
        writer.Write("pending", [.. _pending]);
    }

    /// <inheritdoc/>
    public void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        Iteration = (int)reader.Integer("iteration");
        RandomPosition = (ulong)reader.Integer("random position");
        var architectures = reader.Text("visited").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var (architecture, loss) in architectures.Zip(reader.Numbers("losses")))
        {
            Add(new ScoredArchitecture(Architecture.Parse(architecture), loss));
        }

        _pending.AddRange(reader.Numbers("pending"));
    }

    /// <summary>The <paramref name="count"/> candidates with the lowest loss, best first; earlier ones first among equals.</summary>
    public IReadOnlyList<ScoredArchitecture> Best(int count) =>
        [.. _visited.OrderBy(candidate => double.IsNaN(candidate.Loss) ? double.PositiveInfinity : candidate.Loss).Take(count)];
}
