using AutoTower.Search.Data;
using CsCheck;

namespace AutoTower.Search.Tests.Data;

public class DataSplitTests
{
    private static readonly Gen<Dataset> Datasets =
        Gen.Int[1, 9].Array[0, 25].Array[1, 12].Select(sequences => SampleData.FromSequences(9, 5, sequences));

    private static readonly Gen<SplitProtocol> Protocols = Gen.Bool.Select(paper => paper ? SplitProtocol.Paper : SplitProtocol.Temporal);

    [Fact]
    public void PartsAreDisjointAndComplete() =>
        Gen.Select(Datasets, Protocols, Gen.ULong).Sample((data, protocol, seed) =>
        {
            var split = DataSplit.Create(data, protocol, seed);
            Assert.Equal(Enumerable.Range(0, data.Interactions.Count), split.Train.Concat(split.Validation).Concat(split.Test).Order());
        });

    [Fact]
    public void TestIsTheLastQuarterOfEveryUser() =>
        Gen.Select(Datasets, Protocols, Gen.ULong).Sample((data, protocol, seed) =>
        {
            var split = DataSplit.Create(data, protocol, seed);
            var offsets = data.Interactions.Offsets;
            var expected = new List<int>();
            Assert.Equal(data.Users.Count, split.FirstTestInteraction.Length);
            Assert.Equal(-1, split.FirstTestInteraction[0]);
            for (var user = 1; user < data.Users.Count; user++)
            {
                var (start, end) = (offsets[user], offsets[user + 1]);
                var first = start + ((end - start) * 3 / 4);
                expected.AddRange(Enumerable.Range(first, end - first));
                Assert.Equal(first < end ? first : -1, split.FirstTestInteraction[user]);
            }

            Assert.Equal(expected, split.Test);
        });

    [Fact]
    public void TemporalKeepsEveryUsersOrderAcrossTheCuts() =>
        Gen.Select(Datasets, Gen.ULong).Sample((data, seed) =>
        {
            var split = DataSplit.Create(data, SplitProtocol.Temporal, seed);
            for (var user = 1; user < data.Users.Count; user++)
            {
                var count = data.Interactions.Offsets[user + 1] - data.Interactions.Offsets[user];
                int[] train = [.. split.Train.Where(i => data.Interactions.Users[i] == user)];
                int[] validation = [.. split.Validation.Where(i => data.Interactions.Users[i] == user)];
                Assert.Equal(count / 2, train.Length);
                Assert.Equal((count * 3 / 4) - (count / 2), validation.Length);
                Assert.Equal(Enumerable.Range(data.Interactions.Offsets[user], count * 3 / 4), train.Concat(validation));
            }
        });

    [Fact]
    public void PaperCutsTheShuffledPoolTwoToOne() =>
        Gen.Select(Datasets, Gen.ULong).Sample((data, seed) =>
        {
            var split = DataSplit.Create(data, SplitProtocol.Paper, seed);
            var pool = split.Train.Length + split.Validation.Length;
            Assert.Equal(pool * 2 / 3, split.Train.Length);
        });

    [Fact]
    public void PaperPoolIsShuffledOverAllUsersByTheSeed()
    {
        var sequences = Enumerable.Range(0, 20).Select(_ => Enumerable.Repeat(1, 100).ToArray()).ToArray();
        var data = SampleData.FromSequences(1, 5, sequences);
        var split = DataSplit.Create(data, SplitProtocol.Paper, 7);
        Assert.Equal(1000, split.Train.Length);
        Assert.Equal(500, split.Validation.Length);

        // Every user's pool of 75 is cut near 50:25 (binomial, 4 standard deviations), but not exactly: the cut is over all users.
        int[] trained = [.. Enumerable.Range(1, 20).Select(user => split.Train.Count(i => data.Interactions.Users[i] == user))];
        Assert.All(trained, count => Assert.InRange(count, 34, 66));
        Assert.NotEqual(Enumerable.Repeat(50, 20), trained);

        // The middle of the users' ids early and late in training: no trend left.
        Assert.InRange(split.Train[..500].Average(i => data.Interactions.Users[i]), 9.5, 11.5);

        Assert.Equal(split.Train, DataSplit.Create(data, SplitProtocol.Paper, 7).Train);
        Assert.NotEqual(split.Train, DataSplit.Create(data, SplitProtocol.Paper, 8).Train);
        Assert.Equal(split.Test, DataSplit.Create(data, SplitProtocol.Paper, 8).Test);
    }

    [Fact]
    public void TheSameSeedMeansTheSameSplitForGood()
    {
        var data = SampleData.FromSequences(1, 5, [.. Enumerable.Range(0, 2).Select(_ => Enumerable.Repeat(1, 8).ToArray())]);
        var split = DataSplit.Create(data, SplitProtocol.Paper, 1);
        Assert.Equal("5 13 8 9 3 1 2 11 10 0 4 12", string.Join(' ', split.Train.Concat(split.Validation)));
    }
}
