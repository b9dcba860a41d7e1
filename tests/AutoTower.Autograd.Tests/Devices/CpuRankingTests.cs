using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Autograd.Devices.Kernels;
using CsCheck;

namespace AutoTower.Autograd.Tests.Devices;

public class CpuRankingTests
{
    [Fact]
    public void Agrees_with_sorting_everything() =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[1, 400], Gen.Int[1, 20], Gen.Int[1, 60], Gen.Int[0, 5], Gen.Int[0, 1000]).Sample(
            (queries, items, width, k, exclusionsInFive, seed) =>
                Check(new RankingProblem(queries, items, width, seed).Exclude(exclusionsInFive / 5.0), k), iter: 200, threads: 1);

    [Fact]
    public void Agrees_with_bias_bitmap_and_bfloat16() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 300], Gen.Int[1, 40], Gen.Int[1, 30], Gen.Int[0, 15], Gen.Int[0, 1000]).Sample(
            (queries, items, width, k, options, seed) =>
            {
                var problem = new RankingProblem(queries, items, width, seed).Exclude(0.1);
                if ((options & 1) != 0)
                {
                    problem.AddBias();
                }

                if ((options & 2) != 0)
                {
                    problem.Allow(options >= 8 ? 0.5 : 0.05);
                }

                if ((options & 4) != 0)
                {
                    problem.Narrow();
                }

                Check(problem, k);
            },
            iter: 200, threads: 1);

    [Fact]
    public void Agrees_with_ties_infinities_and_not_a_number() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 300], Gen.Int[1, 50], Gen.Int[0, 2], Gen.Int[0, 1000]).Sample(
            (queries, items, k, exclusions, seed) =>
                Check(new RankingProblem(queries, items, 1, seed).UseSpecialValues().Exclude(exclusions / 4.0), k), iter: 200, threads: 1);

    [Theory]
    [MemberData(nameof(RankingProblem.Adversaries), MemberType = typeof(RankingProblem))]
    public void Agrees_on_adversarial_items(string adversary) => Check(RankingProblem.Adversarial(adversary, 19, 6007, 24), 33);

    [Theory]
    [InlineData(17, 3000, 1024)]
    [InlineData(3, 20, 1024)]
    [InlineData(1, 1, 1)]
    [InlineData(1, 30011, 100)] // One query: the items are cut into parts.
    [InlineData(40, 20011, 7)]
    public void Agrees_at_the_ends_of_k_and_where_items_are_cut(int queries, int items, int k) =>
        Check(new RankingProblem(queries, items, 64, 5).Exclude(0.1), k);

    [Fact]
    public void Equal_scores_come_in_the_order_of_their_indices()
    {
        using var device = new CpuDevice(2);
        HostMatrix queries = new(device, 2, 3), items = new(device, 500, 3);
        var (indices, scores) = Run(device, queries, items, default, 7);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6], indices);
        Assert.All(scores, score => Assert.Equal(0, score));
    }

    [Fact]
    public void Not_a_number_comes_last_but_before_nothing()
    {
        using var device = new CpuDevice(1);
        HostMatrix queries = new(device, 1, 1), items = new(device, 4, 1);
        queries[0, 0] = 1;
        (items[0, 0], items[1, 0], items[2, 0], items[3, 0]) = (float.NaN, float.NegativeInfinity, 3, float.NaN);
        var (indices, scores) = Run(device, queries, items, default, 5);
        Assert.Equal([2, 1, 0, 3, -1], indices);
        Assert.Equal([3, float.NegativeInfinity, float.NaN, float.NaN, float.NegativeInfinity], scores);
    }

    [Fact]
    public void Where_everything_is_excluded_nothing_is_found()
    {
        using var device = new CpuDevice(1);
        HostMatrix queries = new(device, 2, 4, 0, new System.Random(1)), items = new(device, 3, 4, 0, new System.Random(2));
        HostIntegers offsets = new(device, 0, 3, 3), excluded = new(device, 0, 1, 2);
        var (indices, scores) = Run(device, queries, items, new Exclusions(offsets.View, excluded.View), 3);
        Assert.Equal([-1, -1, -1], indices[..3]);
        Assert.All(scores[..3], score => Assert.Equal(float.NegativeInfinity, score));
        Assert.Equal([0, 1, 2], indices[3..].Order());
    }

    [Fact]
    public void The_score_of_a_pair_does_not_depend_on_its_surroundings_or_on_threads()
    {
        using var device = new CpuDevice(3);
        HostMatrix queries = new(device, 75, 250, 2, new System.Random(1)), items = new(device, 210, 250, 1, new System.Random(2));
        var (indices, scores) = Run(device, queries, items, default, 10);
        for (var i = 0; i < scores.Length; i++)
        {
            Assert.Equal(RankingProblem.Score(queries.Row(i / 10), items.Row(indices[i]), null), scores[i]);
        }

        Bits.SameOnAnyNumberOfThreads(other =>
        {
            HostMatrix q = new(other, 75, 250, 2, new System.Random(1)), m = new(other, 210, 250, 1, new System.Random(2));
            var (found, values) = Run(other, q, m, default, 10);
            return [.. Array.ConvertAll(found, index => (float)index), .. values];
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    public void K_outside_its_range_is_refused(int k)
    {
        using var device = new CpuDevice(1);
        HostMatrix queries = new(device, 1, 1), items = new(device, 1, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => Run(device, queries, items, default, k));
    }

    [Fact]
    public void A_bitmap_of_another_length_is_refused()
    {
        using var device = new CpuDevice(1);
        var items = new HostMatrix(device, 33, 2);
        var table = new ItemTable(items.View) { Allowed = new HostIntegers(device, 1).View };
        var failure = Assert.Throws<ArgumentException>(() => device.Ranking.Prepare(table));
        Assert.Equal("The bitmap of allowed items has 1 words, expected 2.", failure.Message);
    }

    private static void Check(RankingProblem problem, int k)
    {
        using var device = new CpuDevice(2);
        problem.AssertSolvedBy(device, k);
    }

    private static (int[] Indices, float[] Scores) Run(CpuDevice device, HostMatrix queries, HostMatrix items, Exclusions exclusions, int k)
    {
        var indices = new HostIntegers(device, new int[queries.Rows * k]);
        var scores = new HostMatrix(device, queries.Rows, k, 1);
        using var prepared = device.Ranking.Prepare(new ItemTable(items.View));
        device.Ranking.TopK(queries.View, prepared, exclusions, k, indices.View, scores.View);
        return (indices.Values.ToArray(), scores.Values());
    }
}
