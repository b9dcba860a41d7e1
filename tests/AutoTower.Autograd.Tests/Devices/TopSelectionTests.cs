using AutoTower.Autograd.Devices.Cpu.Ranking;
using CsCheck;

namespace AutoTower.Autograd.Tests.Devices;

public class TopSelectionTests
{
    [Fact]
    public void The_smallest_keys_move_to_the_front_and_the_largest_of_them_last() =>
        Gen.Select(Gen.ULong[0, 30].Array[1, 60], Gen.Int[1, 60]).Sample((keys, wanted) =>
        {
            var count = Math.Min(wanted, keys.Length);
            var expected = keys.Order().Take(count).ToArray();
            var actual = (ulong[])keys.Clone();
            SmallestKeys.MoveToFront(actual, count);
            Assert.Equal(expected, actual.Take(count).Order());
            Assert.Equal(expected[^1], actual[count - 1]);
            Assert.Equal(keys.Order(), actual.Order());
        });

    [Fact]
    public void Keys_order_as_scores_do_and_give_them_back() =>
        Gen.Select(Gen.Float, Gen.Float, Gen.Int[0, 5], Gen.Int[0, 5]).Sample((a, b, i, j) =>
        {
            ulong keyA = RankedScore.Key(a, i), keyB = RankedScore.Key(b, j);
            Assert.Equal(a + 0f, RankedScore.Score(keyA));
            Assert.Equal(i, RankedScore.Index(keyA));
            var before = float.IsNaN(a) || float.IsNaN(b)
                ? (float.IsNaN(b) && !float.IsNaN(a)) || (float.IsNaN(a) && float.IsNaN(b) && i < j)
                : a > b || (a == b && i < j);
            Assert.Equal(before, keyA < keyB);
            Assert.True(keyA < RankedScore.Missing);
        });
}
