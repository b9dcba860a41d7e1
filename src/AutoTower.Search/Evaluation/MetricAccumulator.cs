namespace AutoTower.Search.Evaluation;

/// <summary>Adds up Recall@K, NDCG@K and MRR@K over users, in double (SPEC.md, Evaluation).</summary>
public sealed class MetricAccumulator
{
    private const int PaperDepth = 100;
    private readonly EvaluationProtocol _protocol;
    private readonly int[] _cutoffs;
    private readonly double[] _recall;
    private readonly double[] _ndcg;
    private readonly double[] _mrr;

    // The gain of n hits at the top.
    private readonly double[] _ideals;
    private int _users;

    /// <summary>Creates empty sums.</summary>
    /// <param name="protocol">Decides what NDCG is relative to.</param>
    /// <param name="cutoffs">K, ascending.</param>
    public MetricAccumulator(EvaluationProtocol protocol, IReadOnlyList<int> cutoffs)
    {
        ArgumentNullException.ThrowIfNull(cutoffs);
        _protocol = protocol;
        _cutoffs = [.. cutoffs];
        _recall = new double[_cutoffs.Length];
        _ndcg = new double[_cutoffs.Length];
        _mrr = new double[_cutoffs.Length];
        _ideals = new double[_cutoffs.Append(0).Max() + 1];
        for (var rank = 1; rank < _ideals.Length; rank++)
        {
            _ideals[rank] = _ideals[rank - 1] + Discount(rank);
        }
    }

    /// <summary>Adds one user.</summary>
    /// <param name="ranked">Item ids, best first; at least as many as the largest cut-off and, under <c>paper</c>, 100; -1 where there is none.</param>
    /// <param name="relevant">The user's test items, distinct, at least one.</param>
    public void Add(ReadOnlySpan<int> ranked, ReadOnlySpan<int> relevant)
    {
        if (relevant.IsEmpty)
        {
            throw new ArgumentException("A user without test items has no recall.", nameof(relevant));
        }

        var wanted = new HashSet<int>(relevant.Length);
        foreach (var item in relevant)
        {
            wanted.Add(item);
        }

        var idealHits = _protocol == EvaluationProtocol.Paper ? Hits(ranked, wanted, PaperDepth) : wanted.Count;
        var (rank, hits, firstHit, gain) = (0, 0, 0, 0.0);
        for (var i = 0; i < _cutoffs.Length; i++)
        {
            while (rank < Math.Min(_cutoffs[i], ranked.Length))
            {
                if (wanted.Contains(ranked[rank++]))
                {
                    hits++;
                    gain += Discount(rank);
                    firstHit = firstHit == 0 ? rank : firstHit;
                }
            }

            var ideal = _ideals[Math.Min(_cutoffs[i], idealHits)];
            _recall[i] += hits / (double)wanted.Count;
            _ndcg[i] += ideal > 0 ? gain / ideal : 0;
            _mrr[i] += firstHit > 0 ? 1.0 / firstHit : 0;
        }

        _users++;
    }

    /// <summary>Means over the users added; zeros where there were none.</summary>
    public RankingMetrics ToMetrics() => new(_protocol, _users, _cutoffs, Means(_recall), Means(_ndcg), Means(_mrr));

    private static int Hits(ReadOnlySpan<int> ranked, HashSet<int> wanted, int depth)
    {
        var hits = 0;
        foreach (var item in ranked[..Math.Min(depth, ranked.Length)])
        {
            hits += wanted.Contains(item) ? 1 : 0;
        }

        return hits;
    }

    private static double Discount(int rank) => 1.0 / Math.Log2(rank + 1);

    private double[] Means(double[] sums) => [.. sums.Select(sum => _users == 0 ? 0 : sum / _users)];
}
