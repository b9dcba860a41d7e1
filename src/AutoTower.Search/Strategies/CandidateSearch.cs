using AutoTower.Autograd.Random;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;

namespace AutoTower.Search.Strategies;

/// <summary>How far a search is.</summary>
/// <param name="Iteration">Iterations finished.</param>
/// <param name="BestLoss">Lowest loss so far.</param>
/// <param name="Candidates">Candidates judged so far.</param>
/// <param name="MeanLoss">Mean loss of the iteration's new candidates; not a number where there were none.</param>
public sealed record IterationProgress(int Iteration, double BestLoss, int Candidates, double MeanLoss);

/// <summary>
/// A search strategy that proposes candidates, is told their losses, and proposes again. What it proposes is a function of its state and
/// of the random words drawn so far, so a search goes on from a checkpoint as if it had not been interrupted.
/// </summary>
public abstract class CandidateSearch : ICheckpointed, IDisposable
{
    private const ulong FeasibilitySubstream = 1;
    private readonly CounterRandom _random;

    /// <summary>Prepares a search.</summary>
    /// <param name="space">Which blocks may stand where.</param>
    /// <param name="shape">Sizes of the model.</param>
    /// <param name="limits">Limits that every candidate obeys.</param>
    /// <param name="convention">How costs are counted.</param>
    /// <param name="seed">Seed of the random words.</param>
    /// <param name="stream">What they are drawn for.</param>
    /// <exception cref="ArgumentException">
    /// No architecture of the space obeys the limits; names the limit and the least that is possible, or says that limits exclude each other.
    /// </exception>
    private protected CandidateSearch(
        SearchSpace space, ModelShape shape, ComplexityLimits limits, CostConvention convention, ulong seed, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(limits);
        _random = new CounterRandom(seed, stream);
        Candidates = new LegalCandidates(space, shape, limits, convention, new CounterRandom(seed, stream, FeasibilitySubstream));
    }

    /// <summary>What the search has done so far.</summary>
    public SearchState State { get; init; } = new();

    /// <summary>Most candidates that will be judged.</summary>
    public abstract int Budget { get; }

    /// <summary>The legal candidates.</summary>
    private protected LegalCandidates Candidates { get; }

    /// <summary>Number of iterations in all.</summary>
    private protected abstract int Iterations { get; }

    /// <summary>Runs, or goes on from its state.</summary>
    /// <param name="evaluate">Returns the score of each candidate, in order.</param>
    /// <param name="progress">Told after each iteration.</param>
    /// <param name="cancellation">Ends the search between two iterations.</param>
    /// <returns>The state at the end.</returns>
    public SearchState Run(
        Func<IReadOnlyList<Architecture>, IReadOnlyList<CandidateScore>> evaluate,
        Action<IterationProgress>? progress,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(evaluate);
        while (State.Iteration < Iterations)
        {
            cancellation.ThrowIfCancellationRequested();
            _random.Position = State.RandomPosition;
            if (Propose(_random) is not { } population)
            {
                break;
            }

            var scores = evaluate(population);
            State.Complete(population, scores, _random.Position);
            Learn(population.Count);
            progress?.Invoke(new IterationProgress(
                State.Iteration,
                State.Best(1)[0].Loss,
                State.Visited.Count,
                scores.Count > 0 ? scores.Average(score => score.Loss) : double.NaN));
        }

        return State;
    }

    /// <summary>What should be retrained, best first.</summary>
    public virtual IReadOnlyList<ScoredArchitecture> Chosen(int count) => State.Best(count);

    /// <inheritdoc/>
    public virtual void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        State.Save(writer);
    }

    /// <inheritdoc/>
    public virtual void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        State.Restore(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the search holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>New legal candidates to judge, none of them judged before; null when there are none left.</summary>
    private protected abstract IReadOnlyList<Architecture>? Propose(CounterRandom random);

    /// <summary>Called once the scores of what was proposed, the last <paramref name="judged"/> visited, are in the state.</summary>
    private protected virtual void Learn(int judged)
    {
    }
}
