using AutoTower.Search.Reproduction;

namespace AutoTower.Search.Tests.Reproduction;

public sealed class SpearmanTests
{
    [Fact]
    public void Ranks_of_equal_values_are_their_mean() =>
        // Sorted: 1 (rank 1), 2 2 2 (ranks 2 to 4), 5 5 (ranks 5 and 6).
        Assert.Equal([3, 5.5, 3, 1, 3, 5.5], Spearman.Ranks([2, 5, 2, 1, 2, 5]));

    [Theory]
    [InlineData(new double[] { 1, 2, 3, 4 }, new double[] { 10, 20, 400, 500 }, 1.0)]
    [InlineData(new double[] { 1, 2, 3, 4 }, new double[] { 5, 4, 3, -2 }, -1.0)]
    // Second ranks 1, 4, 2, 5, 3, so differences 2, -3, 2, 0, -1: 1 - 6 * 18 / (5 * 24).
    [InlineData(new double[] { 3, 1, 4, 5, 2 }, new double[] { 10, 40, 30, 40.5, 30.5 }, 0.1)]
    // With ties: ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: covariance 4.5, variances 4.5 and 5.
    [InlineData(new double[] { 0, 1, 1, 2 }, new double[] { 3, 9, 8, 10 }, 0.948683)]
    public void Correlations_worked_by_hand(double[] first, double[] second, double expected) =>
        Assert.Equal(expected, Spearman.Of(first, second).Correlation, 1e-6);

    [Fact]
    public void The_interval_narrows_with_more_pairs_and_holds_the_correlation()
    {
        var few = Of(12);
        var many = Of(300);
        Assert.InRange(few.Correlation, few.Low, few.High);
        Assert.InRange(many.Correlation, many.Low, many.High);
        Assert.True(many.High - many.Low < (few.High - few.Low) / 2, $"{many} and {few}");
        Assert.Equal(few, Of(12));

        static Spearman Of(int count)
        {
            var random = new System.Random(3);
            double[] first = [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
            return Spearman.Of(first, [.. first.Select(value => value + random.NextDouble())]);
        }
    }

    [Fact]
    public void A_constant_correlates_with_nothing()
    {
        var constant = Spearman.Of([1, 1, 1], [1, 2, 3]);
        Assert.True(double.IsNaN(constant.Correlation) && double.IsNaN(constant.Low));
    }

    [Fact]
    public void Unpaired_measurements_are_refused() => Assert.Throws<ArgumentException>(() => Spearman.Of([1], [1, 2]));
}
