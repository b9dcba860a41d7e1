using AutoTower.Search.Evaluation;

namespace AutoTower.Search.Tests.Evaluation;

/// <summary>Examples worked by hand; 1/log2(3) = 0.63093, 1/log2(4) = 0.5, 1/log2(6) = 0.38685.</summary>
public sealed class MetricAccumulatorTests
{
    private const int Digits = 5;

    // Test items 3, 7 and 20; 3 is found at rank 2, 7 at rank 5, 20 not at all.
    private static readonly int[] Ranked = [5, 3, 9, 1, 7, 2];
    private static readonly int[] Relevant = [3, 7, 20];

    [Theory]
    [InlineData(EvaluationProtocol.Paper, 1, 0, 0, 0)]
    [InlineData(EvaluationProtocol.Paper, 2, 0.33333, 0.38685, 0.5)] // 0.63093 / (1 + 0.63093)
    [InlineData(EvaluationProtocol.Paper, 5, 0.66667, 0.62405, 0.5)] // (0.63093 + 0.38685) / (1 + 0.63093): the two found
    [InlineData(EvaluationProtocol.Strict, 2, 0.33333, 0.38685, 0.5)]
    [InlineData(EvaluationProtocol.Strict, 5, 0.66667, 0.47762, 0.5)] // (0.63093 + 0.38685) / (1 + 0.63093 + 0.5): all three
    public void One_user(EvaluationProtocol protocol, int cutoff, double recall, double ndcg, double mrr)
    {
        var accumulator = new MetricAccumulator(protocol, [1, 2, 5]);
        accumulator.Add(Ranked, Relevant);
        var metrics = accumulator.ToMetrics();
        Assert.Equal(recall, metrics.RecallAt(cutoff), Digits);
        Assert.Equal(ndcg, metrics.NdcgAt(cutoff), Digits);
        Assert.Equal(mrr, metrics.MrrAt(cutoff), Digits);
        Assert.Equal((1, protocol), (metrics.Users, metrics.Protocol));
    }

    /// <summary>Protocol paper looks 100 deep for the hits that NDCG is relative to, whatever K is, and no deeper.</summary>
    [Theory]
    [InlineData(100, 0.61315)] // 1 / (1 + 0.63093)
    [InlineData(101, 1.0)]
    public void Paper_counts_hits_down_to_rank_100(int secondHit, double ndcg)
    {
        var ranked = Enumerable.Range(1000, 101).ToArray();
        (ranked[0], ranked[secondHit - 1]) = (1, 2);
        var accumulator = new MetricAccumulator(EvaluationProtocol.Paper, [10]);
        accumulator.Add(ranked, [1, 2]);
        Assert.Equal(ndcg, accumulator.ToMetrics().NdcgAt(10), Digits);
    }

    [Fact]
    public void Several_users_are_averaged()
    {
        var accumulator = new MetricAccumulator(EvaluationProtocol.Strict, [1, 2]);
        accumulator.Add([1, 2], [1]); // recall 1 and 1, NDCG 1 and 1, MRR 1 and 1
        accumulator.Add([1, 2], [2]); // recall 0 and 1, NDCG 0 and 0.63093, MRR 0 and 0.5
        accumulator.Add([1, 2], [3]); // nothing
        accumulator.Add([1, -1], [1, 2, 3, 4]); // recall 0.25, NDCG 1 and 1 / 1.63093, MRR 1; a list that ends early
        var metrics = accumulator.ToMetrics();
        Assert.Equal(4, metrics.Users);
        Assert.Equal((1 + 0 + 0 + 0.25) / 4, metrics.RecallAt(1), Digits);
        Assert.Equal((1 + 1 + 0 + 0.25) / 4, metrics.RecallAt(2), Digits);
        Assert.Equal((1 + 0 + 0 + 1) / 4.0, metrics.NdcgAt(1), Digits);
        Assert.Equal((1 + 0.63093 + 0 + 0.61315) / 4, metrics.NdcgAt(2), Digits);
        Assert.Equal((1 + 0 + 0 + 1) / 4.0, metrics.MrrAt(1), Digits);
        Assert.Equal((1 + 0.5 + 0 + 1) / 4, metrics.MrrAt(2), Digits);
    }

    [Fact]
    public void A_perfect_list_scores_one_everywhere()
    {
        foreach (var protocol in Enum.GetValues<EvaluationProtocol>())
        {
            var accumulator = new MetricAccumulator(protocol, [3, 10]);
            accumulator.Add([4, 2, 9, 1, 3, 5, 6, 7, 8, 10], [2, 4, 9]);
            var metrics = accumulator.ToMetrics();
            Assert.Equal([1.0, 1.0], metrics.Recall);
            Assert.Equal([1.0, 1.0], metrics.Ndcg);
            Assert.Equal([1.0, 1.0], metrics.Mrr);
        }
    }

    [Fact]
    public void Nobody_scores_zero_and_a_user_without_test_items_is_refused()
    {
        var accumulator = new MetricAccumulator(EvaluationProtocol.Strict, [1]);
        Assert.Equal((0, 0.0), (accumulator.ToMetrics().Users, accumulator.ToMetrics().RecallAt(1)));
        Assert.Throws<ArgumentException>(() => accumulator.Add([1], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => accumulator.ToMetrics().RecallAt(2));
    }
}
