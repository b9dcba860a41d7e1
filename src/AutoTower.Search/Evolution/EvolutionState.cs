using AutoTower.Search.Space;

namespace AutoTower.Search.Evolution;

/// <summary>A judged candidate.</summary>
/// <param name="Architecture">The candidate.</param>
/// <param name="Loss">Its validation loss; lower is better.</param>
public sealed record ScoredArchitecture(Architecture Architecture, double Loss);

/// <summary>All that an evolution needs to go on: what it has judged, in order, and how many random words it has drawn.</summary>
public sealed class EvolutionState
{
    private readonly List<ScoredArchitecture> _visited = [];
    private readonly HashSet<Architecture> _known = [];

    /// <summary>Every judged candidate, in order.</summary>
    public IReadOnlyList<ScoredArchitecture> Visited => _visited;

    /// <summary>Random words drawn so far.</summary>
    public ulong RandomPosition { get; set; }

    /// <summary>Iterations finished.</summary>
    public int Iteration { get; set; }

    /// <summary>True when the candidate has been judged.</summary>
    public bool IsVisited(Architecture architecture) => _known.Contains(architecture);

    /// <summary>Adds a judged candidate. A loss that is not a number counts as the worst.</summary>
    public void Add(ScoredArchitecture candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        _visited.Add(candidate);
        _known.Add(candidate.Architecture);
    }

    /// <summary>The <paramref name="count"/> candidates with the lowest loss, best first; earlier ones first among equals.</summary>
    public IReadOnlyList<ScoredArchitecture> Best(int count) =>
        [.. _visited.OrderBy(candidate => double.IsNaN(candidate.Loss) ? double.PositiveInfinity : candidate.Loss).Take(count)];
}
