using AutoTower.Autograd.Devices.Cuda;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Tests.Devices;
using CsCheck;

namespace AutoTower.Autograd.Tests.Parity;

/// <summary>Top K by screening on tensor cores, held to the brute-force answer, which the CPU device is held to likewise.</summary>
[Trait("kernels", "tensor-cores")]
public sealed class RankingParityTests(GpuDevices devices)
    : DeviceParityTest(devices, new CudaDeviceOptions { ScreenRanking = true })
{
    [Theory]
    [InlineData(1, 1, 16, 1)]
    [InlineData(1, 3001, 64, 100)]
    [InlineData(5, 333, 64, 50)]
    [InlineData(8, 20011, 24, 1024)] // More items than a list holds: several rounds.
    [InlineData(3, 9001, 67, 7)] // Rows that start anywhere.
    [InlineData(2, 700, 256, 33)]
    public void Few_queries_are_streamed(int queries, int items, int width, int k) =>
        new RankingProblem(queries, items, width, 3).Exclude(0.05).AssertSolvedBy(Cuda, k);

    [Theory]
    [InlineData(9, 1, 16, 1)]
    [InlineData(9, 65, 32, 100)]
    [InlineData(300, 3706, 64, 50)]
    [InlineData(257, 1500, 64, 1)]
    [InlineData(33, 5003, 17, 5)]
    [InlineData(20, 2111, 100, 50)]
    [InlineData(130, 1300, 256, 50)]
    [InlineData(11, 9000, 64, 1024)]
    [InlineData(12, 12000, 64, 200)]
    public void Many_queries_are_screened(int queries, int items, int width, int k)
    {
        // Limits come from a sample's maxima without exclusions, from a first round of estimates with them.
        new RankingProblem(queries, items, width, 4).AssertSolvedBy(Cuda, k);
        new RankingProblem(queries, items, width, 4).Exclude(0.05).AssertSolvedBy(Cuda, k);
    }

    // Few items take one launch, by blocks of 16 queries or, where those keep no more multiprocessors busy, of 48. The emulator has eight.
    [Theory]
    [InlineData(9, 4096, 64, 50)] // The most items,
    [InlineData(9, 4097, 64, 50)] // and one more, which are searched in rounds.
    [InlineData(130, 4096, 32, 7)]
    [InlineData(9, 240, 64, 239)] // The most items of which a list holds all,
    [InlineData(9, 241, 64, 15)] // and one more.
    [InlineData(17, 256, 32, 16)]
    [InlineData(17, 255, 32, 16)] // Too few sets for that k.
    [InlineData(40, 1600, 64, 100)]
    [InlineData(40, 1616, 64, 101)]
    [InlineData(145, 3706, 64, 100)]
    [InlineData(130, 31, 64, 50)] // Less than a chunk of items, less than k.
    [InlineData(16, 33, 1, 33)]
    [InlineData(48, 1000, 64, 1)]
    public void Few_items_are_searched_in_one_launch(int queries, int items, int width, int k)
    {
        new RankingProblem(queries, items, width, 5).AssertSolvedBy(Cuda, k);
        new RankingProblem(queries, items, width, 5).Exclude(0.1).AddBias().AssertSolvedBy(Cuda, k);
    }

    [Fact]
    public void The_best_items_are_excluded()
    {
        // Each query's forty best items share a chunk or two of items with its best allowed ones.
        var problem = new RankingProblem(20, 2000, 64, 6);
        problem.Exclude(query => Enumerable.Range(0, 2000)
            .OrderByDescending(item => RankingProblem.Score(problem.Queries[query], problem.Items[item], null)).Take(40))
            .AssertSolvedBy(Cuda, 20);
    }

    [Theory]
    [InlineData(4, 2500)]
    [InlineData(40, 2500)]
    [InlineData(40, 4500)]
    [InlineData(140, 2500)]
    public void Bias_bitmap_and_bfloat16_are_obeyed(int queries, int items)
    {
        for (var options = 1; options < 8; options++)
        {
            var problem = new RankingProblem(queries, items, options == 5 ? 63 : 64, options).Exclude(options % 3 == 0 ? 0 : 0.02);
            if ((options & 1) != 0)
            {
                problem.AddBias();
            }

            if ((options & 2) != 0)
            {
                problem.Allow(0.4);
            }

            if ((options & 4) != 0)
            {
                problem.Narrow();
            }

            problem.AssertSolvedBy(Cuda, 20);
        }
    }

    [Theory]
    [MemberData(nameof(RankingProblem.Adversaries), MemberType = typeof(RankingProblem))]
    public void Screening_survives_adversarial_items(string adversary)
    {
        RankingProblem.Adversarial(adversary, 19, 2007, 24).AssertSolvedBy(Cuda, 33); // in one launch
        RankingProblem.Adversarial(adversary, 19, 4207, 24).AssertSolvedBy(Cuda, 33);
    }

    [Theory]
    [MemberData(nameof(RankingProblem.Adversaries), MemberType = typeof(RankingProblem))]
    public void Streaming_survives_adversarial_items(string adversary) =>
        RankingProblem.Adversarial(adversary, 3, 20007, 24).AssertSolvedBy(Cuda, 33);

    [Theory]
    [InlineData(3000, 20)] // 150 candidates share the best score, which are ranked by counting,
    [InlineData(3000, 6)]  // or more than a list holds in one launch;
    [InlineData(4500, 30)] // likewise in rounds, which
    [InlineData(4500, 9)]  // sort 500 outside shared memory.
    [InlineData(4500, 2)]
    public void Many_items_share_the_best_place(int items, int step) =>
        new RankingProblem(17, items, 64, 10).Repeat(step).AssertSolvedBy(Cuda, 33);

    // Screening scales queries and items into the range of fp16; a bias has to follow them.
    [Theory]
    [InlineData(-30, 15, 0, 0)]
    [InlineData(0, 0, -12, -12)]
    [InlineData(0, 0, 14, 14)]
    [InlineData(-3, 3, -4, 4)]
    [InlineData(-25, -20, -30, -20)]
    public void Screening_knows_no_scale(int smallestQuery, int largestQuery, int smallestItem, int largestItem)
    {
        foreach (var (items, biased) in new[] { (2600, false), (2600, true), (4600, false), (4600, true) })
        {
            var problem = new RankingProblem(23, items, 64, 9)
                .Spread(smallestQuery, largestQuery, items: false).Spread(smallestItem, largestItem, items: true);
            (biased ? problem.AddBias() : problem).AssertSolvedBy(Cuda, 40);
        }
    }

    [Theory]
    [InlineData(3, 1500)]
    [InlineData(30, 1500)]
    [InlineData(30, 4500)]
    public void Exclusions_of_everything_nothing_and_the_ends(int queries, int items)
    {
        new RankingProblem(queries, items, 64, 8).Exclude(query => (query % 4) switch
        {
            0 => Enumerable.Range(0, items),
            1 => [],
            2 => [0, items - 1],
            _ => Enumerable.Range(0, items - 3),
        }).AssertSolvedBy(Cuda, 10);
    }

    [Fact]
    public void Special_values_in_every_place() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[1, 300], Gen.Int[1, 50], Gen.Int[0, 1000]).Sample(
            (queries, items, k, seed) => new RankingProblem(queries, items, 3, seed).UseSpecialValues().AssertSolvedBy(Cuda, k),
            iter: 20, threads: 1);

    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    public void K_outside_its_range_is_refused(int k)
    {
        var vectors = Random(1, 1);
        using var prepared = Cuda.Ranking.Prepare(new(vectors.On(Cuda)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Cuda.Ranking.TopK(vectors.On(Cuda), prepared, default, k, default, default));
    }

    [Fact]
    public void Prepared_items_give_their_memory_back()
    {
        var before = Cuda.Engine.Pool.LiveAllocations;
        using var items = Random(700, 64);
        using (Cuda.Ranking.Prepare(new ItemTable(items.On(Cuda))))
        {
            Assert.True(Cuda.Engine.Pool.LiveAllocations > before);
        }

        Assert.Equal(before + 1, Cuda.Engine.Pool.LiveAllocations);
    }
}
