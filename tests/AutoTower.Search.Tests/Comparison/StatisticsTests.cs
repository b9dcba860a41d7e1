using AutoTower.Search.Comparison;

namespace AutoTower.Search.Tests.Comparison;

public sealed class StatisticsTests
{
    public static TheoryData<double> Values => [0, 1e-8, 0.1, 0.5, 1, 2.5, 12.7, 1e3, 1e8];

    [Theory]
    [MemberData(nameof(Values))]
    public void P_agrees_with_the_closed_forms_of_one_two_and_four_degrees_of_freedom(double t)
    {
        AssertClose(1 - (2 / Math.PI * Math.Atan(t)), StudentDistribution.TwoSidedP(t, 1));
        AssertClose(1 - (t / Math.Sqrt(2 + (t * t))), StudentDistribution.TwoSidedP(t, 2));
        var sine = t / Math.Sqrt(4 + (t * t));
        AssertClose(1 - (sine * (1 + ((1 - (sine * sine)) / 2))), StudentDistribution.TwoSidedP(t, 4));
        Assert.Equal(StudentDistribution.TwoSidedP(t, 5), StudentDistribution.TwoSidedP(-t, 5));
    }

    // Critical values of printed tables.
    [Theory]
    [InlineData(2.262157, 9, 0.05)]
    [InlineData(2.042272, 30, 0.05)]
    [InlineData(3.390491, 100, 0.001)]
    [InlineData(1.960203, 10_000, 0.05)]
    public void P_agrees_with_tables(double t, double degrees, double p) => Assert.Equal(p, StudentDistribution.TwoSidedP(t, degrees), 1e-6 * 5);

    [Fact]
    public void The_paired_test_agrees_with_a_worked_example()
    {
        // Student (1908): extra hours of sleep under two drugs, ten patients; t = 4.0621, p = 0.00283.
        double[] first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        double[] second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        var test = PairedTest.Of([.. first.Zip(second)]);
        Assert.Equal(10, test.Pairs);
        Assert.Equal(1.58, test.MeanDifference, 12);
        Assert.Equal(4.0621, test.T, 1e-4);
        Assert.Equal(0.00283289, test.P, 1e-7);
    }

    [Fact]
    public void Too_few_pairs_or_no_difference_give_no_p()
    {
        Assert.True(double.IsNaN(PairedTest.Of([]).P));
        Assert.True(double.IsNaN(PairedTest.Of([(1, 2)]).P));
        Assert.True(double.IsNaN(PairedTest.Of([(1, 1), (2, 2)]).P));
        Assert.Equal(0, PairedTest.Of([(1, 2), (2, 3)]).P);
    }

    private static void AssertClose(double expected, double actual) => Assert.Equal(expected, actual, 1e-13 + (1e-7 * expected));
}
