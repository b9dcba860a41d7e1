using AutoTower.Autograd.Random;
using CsCheck;

namespace AutoTower.Autograd.Tests.Random;

public class ShuffleTests
{
    [Fact]
    public void Every_element_comes_exactly_once() =>
        Gen.Select(Gen.Int[1, 3000], Gen.ULong, Gen.UInt).Sample((count, seed, epoch) =>
        {
            var order = new Shuffle(count, seed, epoch);
            var seen = new bool[count];
            for (var position = 0; position < count; position++)
            {
                Assert.False(seen[order[position]]);
                seen[order[position]] = true;
            }
        });

    [Fact]
    public void Epochs_and_seeds_have_orders_of_their_own()
    {
        int[] Order(ulong seed, uint epoch) => [.. Enumerable.Range(0, 1000).Select(position => new Shuffle(1000, seed, epoch)[position])];
        Assert.Equal(Order(1, 0), Order(1, 0));
        Assert.NotEqual(Order(1, 0), Order(1, 1));
        Assert.NotEqual(Order(1, 0), Order(2, 0));
        Assert.NotEqual([.. Enumerable.Range(0, 1000)], Order(1, 0));
    }

    [Fact]
    public void Where_an_element_lands_is_uniform()
    {
        // Element 0 of 16 over 16,000 orders: 1,000 expected at each place, with a deviation of 31; 5 deviations are 155.
        var counts = new int[16];
        for (var epoch = 0u; epoch < 16_000; epoch++)
        {
            counts[new Shuffle(16, 3, epoch)[0]]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 845, 1155));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Nothing_can_not_be_shuffled(int count) => Assert.Throws<ArgumentOutOfRangeException>(() => new Shuffle(count, 1, 0));
}
