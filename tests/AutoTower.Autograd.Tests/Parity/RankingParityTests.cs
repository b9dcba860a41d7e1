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

    [Theory]
    [InlineData(4)]
    [InlineData(40)]
    public void Bias_bitmap_and_bfloat16_are_obeyed(int queries)
    {
        for (var options = 1; options < 8; options++)
        {
            var problem = new RankingProblem(queries, 2500, options == 5 ? 63 : 64, options).Exclude(options % 3 == 0 ? 0 : 0.02);
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
    public void Screening_survives_adversarial_items(string adversary) =>
        RankingProblem.Adversarial(adversary, 19, 4007, 24).AssertSolvedBy(Cuda, 33);

    [Theory]
    [MemberData(nameof(RankingProblem.Adversaries), MemberType = typeof(RankingProblem))]
    public void Streaming_survives_adversarial_items(string adversary) =>
        RankingProblem.Adversarial(adversary, 3, 20007, 24).AssertSolvedBy(Cuda, 33);

    [Theory]
    [InlineData(3000, 20)] // 150 candidates share the best score, which are ranked by counting,
    [InlineData(3000, 6)]  // 500, which are sorted outside shared memory,
    [InlineData(3000, 2)]  // or more than a list holds.
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
        foreach (var biased in new[] { false, true })
        {
            var problem = new RankingProblem(23, 2600, 64, 9)
                .Spread(smallestQuery, largestQuery, items: false).Spread(smallestItem, largestItem, items: true);
            (biased ? problem.AddBias() : problem).AssertSolvedBy(Cuda, 40);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(30)]
    public void Exclusions_of_everything_nothing_and_the_ends(int queries)
    {
        const int Items = 1500;
        new RankingProblem(queries, Items, 64, 8).Exclude(query => (query % 4) switch
        {
            0 => Enumerable.Range(0, Items),
            1 => [],
            2 => [0, Items - 1],
            _ => Enumerable.Range(0, Items - 3),
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
