using AutoTower.Search.Data;

namespace AutoTower.Search.Tests.Data;

/// <summary>The published files against the counts that the paper (Table 2) or the publisher states.</summary>
public class PublishedDataTests
{
    [Theory]
    [InlineData("ml-100k", 943, 1682, 100_000)]
    [InlineData("ml-1m", 6040, 3706, 1_000_209)]
    public void CountsAreThoseOfThePaper(string name, int users, int items, int interactions)
    {
        var data = RealData.LoadOrSkip(name);
        Assert.Equal(users, data.Users.Count - 1);
        Assert.Equal(items, data.Items.Count - 1);
        Assert.Equal(interactions, data.Interactions.Count);
        Assert.Equal(items, data.Interactions.Items.Distinct().Count());
        var offsets = data.Interactions.Offsets;
        Assert.True(Enumerable.Range(1, users).Min(user => offsets[user + 1] - offsets[user]) >= 20, "both publish users with 20 ratings or more");
    }

    [Theory]
    [InlineData("beauty", "Beauty", 22_363, 12_101, 198_502)]
    [InlineData("lastfm", "LastFM", 1_090, 3_646, 52_551)]
    [InlineData("sports", "Sports_and_Outdoors", 35_598, 18_357, 296_337)]
    public void SequencesHaveTheirKnownCountsAndOrder(string name, string file, int users, int items, int interactions)
    {
        var data = RealData.LoadOrSkip(name);
        Assert.Equal((users, items, interactions), (data.Users.Count - 1, data.Items.Count - 1, data.Interactions.Count));
        var attributes = data.Items.Fields[1];
        Assert.True(attributes.Values.Distinct().Count() == attributes.Cardinality - 1, "every embedding row but padding is in use");
        foreach (var line in File.ReadLines(Path.Combine(RealData.DirectoryOrSkip("sequences"), file + ".txt")).Take(20))
        {
            var numbers = line.Split(' ');
            var user = data.UserKeys.ToList().IndexOf(numbers[0]);
            var log = data.Interactions;
            Assert.Equal(numbers[1..], log.Items[log.Offsets[user]..log.Offsets[user + 1]].Select(item => data.ItemKeys[item]));
        }
    }

    [Fact]
    public void MovieLens100KHasItsKnownFeatures()
    {
        var data = RealData.LoadOrSkip("ml-100k");
        Assert.Equal([944, 9, 3, 22], data.Users.Fields.Select(field => field.Cardinality));
        Assert.Equal([1683, 10, 20], data.Items.Fields.Select(field => field.Cardinality));
        Assert.Equal("Toy Story (1995)", data.ItemTitles![1]);
        Assert.Equal(9, data.Items.Fields[1].Values[1]);
        Assert.Equal([4, 5, 6], Genres(data, 1));

        // "unknown" has neither a date nor a genre but the genre "unknown".
        Assert.Equal(0, data.Items.Fields[1].Values[267]);
        Assert.Equal([1], Genres(data, 267));

        // u.user: 670 men (value 2), 273 women.
        Assert.Equal(670, data.Users.Fields[2].Values.Count(gender => gender == 2));
        Assert.Equal(273, data.Users.Fields[2].Values.Count(gender => gender == 1));

        // Earliest rating of user 1 in u.data: movie 168 at 874965478.
        Assert.Equal(168, data.Interactions.Items[data.Interactions.Offsets[1]]);
    }

    [Fact]
    public void MovieLens1MHasItsKnownFeatures()
    {
        var data = RealData.LoadOrSkip("ml-1m");
        Assert.Equal([6041, 8, 3, 22], data.Users.Fields.Select(field => field.Cardinality));
        Assert.Equal([3707, 11, 19], data.Items.Fields.Select(field => field.Cardinality));
        Assert.Contains("Misérables, Les (1995)", data.ItemTitles!);

        // Alphabetical: Animation 3, Children's 4, Comedy 5.
        Assert.Equal([3, 4, 5], Genres(data, 1));
        Assert.Equal(4331, data.Users.Fields[2].Values.Count(gender => gender == 2));

        // The file is in each user's order already: the first rows are the first interactions of user 1.
        int[] firstMovies = [3186, 1270, 1721];
        Assert.Equal(firstMovies.Select(movie => movie.ToString()), data.Interactions.Items[..3].Select(item => data.ItemKeys[item]));
    }

    [Fact]
    public void PaperSplitHasItsSizes()
    {
        var data = RealData.LoadOrSkip("ml-1m");
        var statistics = DatasetStatistics.Compute(data, DataSplit.Create(data, SplitProtocol.Paper, 1));
        Assert.Equal(6040, statistics.TestUsers);
        Assert.Equal(1_000_209, statistics.Train + statistics.Validation + statistics.Test);
        Assert.InRange(statistics.Test, 0.25 * statistics.Interactions, (0.25 * statistics.Interactions) + 6040);
        Assert.InRange(statistics.Train - (2 * statistics.Validation), -2, 0);
        Assert.InRange(statistics.Density, 0.044, 0.045);
        Assert.Equal(96, statistics.MedianSequenceLength);
    }

    private static int[] Genres(Dataset data, int item)
    {
        var field = data.Items.Fields[2];
        return field.Values[field.Offsets[item]..field.Offsets[item + 1]];
    }
}
