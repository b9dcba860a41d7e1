using AutoTower.Autograd.Devices.Cuda.Ranking;
using CsCheck;

namespace AutoTower.Autograd.Tests.Devices;

public class TopKPlanTests
{
    [Fact]
    public void Rounds_cover_all_tiles_and_the_first_fits_a_list() =>
        Gen.Select(Gen.Int[1, 100_000_000], Gen.Int[1, 1024], Gen.Int[5, 9], Gen.Int[0, 3000]).Sample((items, k, logTile, excluded) =>
        {
            var tile = 1 << logTile;
            var capacity = TopKPlan.ScreeningCapacity(k, excluded);
            var plan = TopKPlan.Create(items, tile, capacity, TopKPlan.KeptByScreening * k);
            Assert.True((long)plan.TileCount * tile >= items && (plan.TileCount - 1L) * tile < items);
            Assert.Equal(plan.TileCount, plan.RoundEnds[^1]);
            Assert.True(plan.RoundEnds[0] * tile <= capacity);
            Assert.True(plan.RoundEnds.Count == 1 || plan.RoundEnds[0] * tile >= k, "the first round must set a limit");
            Assert.Equal(plan.RoundEnds.Order().Distinct(), plan.RoundEnds);
            for (var round = 1; round < plan.RoundEnds.Count; round++)
            {
                AssertGrowth(plan.RoundEnds[round - 1], plan.RoundEnds[round], capacity, k);
            }
        });

    [Fact]
    public void A_sample_fits_a_list_and_the_rounds_after_it_cover_all_tiles() =>
        Gen.Select(Gen.Int[1, 100_000_000], Gen.Int[1, 1024], Gen.Int[5, 9], Gen.Int[1, 2]).Sample((items, k, logTile, sets) =>
        {
            var tile = 1 << logTile;
            var setItems = 4 * sets;
            var capacity = TopKPlan.ScreeningCapacity(k, excluded: 0);
            var plan = TopKPlan.Create(items, tile, capacity, TopKPlan.KeptByScreening * k, setItems);
            Assert.Equal(plan.TileCount > 1, plan.SampleEnd > 0);
            Assert.True(plan.SampleEnd <= plan.TileCount && (long)plan.SampleEnd * tile <= (long)capacity * setItems);
            Assert.Equal(plan.TileCount, plan.RoundEnds[^1]);
            Assert.Equal(plan.RoundEnds.Order().Distinct(), plan.RoundEnds);
            var end = plan.SampleEnd;
            foreach (var next in plan.RoundEnds.TakeWhile(_ => end > 0))
            {
                AssertGrowth(end, next, capacity, k);
                end = next;
            }
        });

    [Fact]
    public void The_visiting_order_meets_every_tile_once() => Gen.Int[1, 5000].Sample(tiles =>
    {
        var plan = TopKPlan.Create(tiles * 32, 32, 8192, 100);
        Assert.Equal(tiles, plan.TileCount);
        var seen = new HashSet<long>(Enumerable.Range(0, tiles).Select(position => (long)position * plan.TileStep % tiles));
        Assert.Equal(tiles, seen.Count);
    });

    [Theory]
    [InlineData(3706, 50, true)]
    [InlineData(4096, 100, true)]
    [InlineData(4097, 50, false)] // more items than a block has room for
    [InlineData(4096, 101, false)] // lists might be too short
    [InlineData(240, 1024, true)]
    [InlineData(799, 50, false)] // hardly more sets than results
    [InlineData(800, 50, true)]
    public void One_launch_takes_few_items_and_few_results(int items, int k, bool fits) => Assert.Equal(fits, TopKPlan.FitsOneLaunch(items, k));

    [Fact]
    public void Blocks_of_a_round_fill_whole_waves()
    {
        // 64 groups of queries on 132 multiprocessors: two parts make 128 blocks, one wave.
        Assert.Equal(312, TopKPlan.PositionsABlock(64, 624, 132));
        Assert.Equal(1, TopKPlan.PositionsABlock(24, 2, 132));
        Assert.Equal(1, TopKPlan.PositionsABlock(500, 1, 132));
    }

    // Neighbouring rounds grow by no more than a list can take; both ends are rounded to whole tiles.
    private static void AssertGrowth(int end, int next, int capacity, int k)
    {
        var most = Math.Max(capacity / TopKPlan.ListLength(TopKPlan.KeptByScreening * k), 2.5);
        Assert.InRange(next, end, (most * (end + 0.5)) + 0.5);
    }
}
