using AutoTower.Autograd.Random;
using CsCheck;

namespace AutoTower.Autograd.Tests.Random;

public class CounterRandomTests
{
    [Fact]
    public void A_position_resumes_the_sequence() =>
        Gen.Select(Gen.ULong, Gen.Int[0, 50]).Sample((seed, taken) =>
        {
            var whole = new CounterRandom(seed, RandomStream.Evolution);
            for (var i = 0; i < taken; i++)
            {
                whole.NextWord();
            }

            var resumed = new CounterRandom(seed, RandomStream.Evolution) { Position = whole.Position };
            Assert.Equal(whole.NextWord(), resumed.NextWord());
            Assert.Equal(whole.NextNormal(), resumed.NextNormal());
        });

    [Fact]
    public void Many_numbers_are_what_as_many_calls_give() =>
        Gen.Select(Gen.ULong, Gen.Int[0, 9], Gen.Int[0, 30]).Sample((seed, taken, count) =>
        {
            var one = new CounterRandom(seed, RandomStream.Initialisation) { Position = (ulong)taken };
            var many = new CounterRandom(seed, RandomStream.Initialisation) { Position = (ulong)taken };
            var values = new float[count];
            many.NextUniforms(values);
            Assert.Equal(Enumerable.Range(0, count).Select(_ => one.NextUniform()), values);
            Assert.Equal(one.Position, many.Position);
        });

    [Fact]
    public void Seeds_streams_and_substreams_differ()
    {
        uint First(ulong seed, RandomStream stream, ulong substream) => new CounterRandom(seed, stream, substream).NextWord();
        var words = new[]
        {
            First(1, RandomStream.Initialisation, 0), First(2, RandomStream.Initialisation, 0), First(1, RandomStream.Evolution, 0),
            First(1, RandomStream.Initialisation, 1),
        };
        Assert.Equal(words.Length, words.Distinct().Count());
    }

    [Fact]
    public void Integers_cover_their_range_evenly()
    {
        var random = new CounterRandom(5, RandomStream.ArchitectureSampling);
        var counts = new int[7];
        for (var i = 0; i < 70_000; i++)
        {
            counts[random.NextInteger(7)]++;
        }

        // 10,000 expected with a deviation of 93; 5 deviations.
        Assert.All(counts, count => Assert.InRange(count, 9_535, 10_465));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInteger(0));
    }

    [Fact]
    public void Normal_numbers_have_the_moments_of_a_normal()
    {
        var random = new CounterRandom(6, RandomStream.Initialisation);
        double[] values = [.. Enumerable.Range(0, 100_000).Select(_ => (double)random.NextNormal())];
        var mean = values.Average();
        var variance = values.Average(value => value * value) - (mean * mean);
        var kurtosis = values.Average(value => value * value * value * value);
        // Deviations of the estimates: 0.0032, 0.0045 and 0.031 (fourth moment 3, its variance 96); 5 deviations.
        Assert.Equal(0, mean, 0.016);
        Assert.Equal(1, variance, 0.0225);
        Assert.Equal(3, kurtosis, 0.16);
    }
}
