using AutoTower.Search.Data;
using CsCheck;

namespace AutoTower.Search.Tests.Data;

public class SyntheticDataTests
{
    private static readonly Dataset Default = DatasetPresets.Load("synthetic", null);

    [Fact]
    public void SizesAreTheWantedOnesAndNobodyMeetsAnItemTwice() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 90], Gen.Double.Unit, Gen.ULong).Sample(
            (users, items, fill, seed) =>
            {
                var interactions = Math.Max(1, (int)(fill * users * items));
                var data = SyntheticData.Generate(
                    new SyntheticOptions { Users = users, Items = items, Interactions = interactions, Seed = seed, HistoryLength = 7 });
                Assert.Equal((users + 1, items + 1, interactions), (data.Users.Count, data.Items.Count, data.Interactions.Count));
                Assert.Equal(7, data.HistoryLength);
                Assert.Equal(interactions, data.Interactions.Users.Zip(data.Interactions.Items).Distinct().Count());
            },
            iter: 300);

    [Fact]
    public void FieldsAreThoseOfTheSchema()
    {
        var schema = DatasetPresets.Schema("synthetic");
        Assert.Equal(schema.UserFields, Default.Users.Fields.Select(field => field.Name));
        Assert.Equal(schema.ItemFields, Default.Items.Fields.Select(field => field.Name));
        Assert.Equal([1501, 8, 13], Default.Users.Fields.Select(field => field.Cardinality));
        Assert.Equal([801, 9, 13], Default.Items.Fields.Select(field => field.Cardinality));
        var genres = Default.Items.Fields[2];
        Assert.All(Enumerable.Range(1, 800), item => Assert.InRange(genres.Offsets[item + 1] - genres.Offsets[item], 1, 3));
        Assert.All(Enumerable.Range(1, 800), item => Assert.Distinct(Genres(item)));
        Assert.All(genres.Values, genre => Assert.InRange(genre, 1, 12));
        Assert.All(Default.Items.Fields[1].Values.Skip(1), era => Assert.InRange(era, 1, 8));
    }

    [Fact]
    public void TheSeedDecidesEverything()
    {
        var again = SyntheticData.Generate(new SyntheticOptions());
        Assert.Equal(Default.Interactions.Items, again.Interactions.Items);
        Assert.Equal(Default.Interactions.Offsets, again.Interactions.Offsets);
        Assert.Equal(Default.Items.Fields[2].Values, again.Items.Fields[2].Values);
        Assert.Equal(Default.Users.Fields[1].Values, again.Users.Fields[1].Values);
        Assert.NotEqual(Default.Interactions.Items, SyntheticData.Generate(new SyntheticOptions { Seed = 2 }).Interactions.Items);
    }

    [Fact]
    public void TheSameSeedMeansTheSameDataForGood()
    {
        // FNV-1a over all item ids: changes when the generator does, and would differ on a machine whose arithmetic differed.
        var hash = Default.Interactions.Items.Aggregate(14695981039346656037UL, (sum, item) => (sum ^ (ulong)item) * 1099511628211UL);
        Assert.Equal("3DB94259387B6091", hash.ToString("X16"));
    }

    [Fact]
    public void PopularityIsSkewed()
    {
        int[] counts = [.. Default.Interactions.Items.GroupBy(item => item).Select(group => group.Count()).OrderDescending()];
        var topTenth = counts.Take(80).Sum() / 60_000.0;
        Assert.InRange(topTenth, 0.3, 0.7);
        Assert.True(counts[0] > 5 * counts[400], $"most popular {counts[0]}, median {counts[400]}");
    }

    [Fact]
    public void TheNextItemsMainGenreIsInTheRecentHistoryFarMoreOftenThanChance()
    {
        var (related, chance) = (0, 0);
        var log = Default.Interactions;
        for (var i = 0; i < log.Count; i++)
        {
            if (i - log.Offsets[log.Users[i]] < 3)
            {
                continue;
            }

            // Chance: the item half the log away, which is another user's.
            var recent = Enumerable.Range(i - 3, 3).Select(earlier => MainGenre(log.Items[earlier])).ToHashSet();
            related += recent.Contains(MainGenre(log.Items[i])) ? 1 : 0;
            chance += recent.Contains(MainGenre(log.Items[(i + (log.Count / 2)) % log.Count])) ? 1 : 0;
        }

        Assert.True(related > 2 * chance, $"{related} related against {chance} by chance");
    }

    [Fact]
    public void InterestsDrift()
    {
        // Items close in time share their main genre more often than items of the same user far apart, and those more often than chance.
        var (near, far, chance) = (0, 0, 0);
        var log = Default.Interactions;
        for (var user = 1; user < Default.Users.Count; user++)
        {
            var (start, last) = (log.Offsets[user], log.Offsets[user + 1] - 1);
            near += MainGenre(log.Items[start]) == MainGenre(log.Items[start + 1]) ? 1 : 0;
            far += MainGenre(log.Items[start]) == MainGenre(log.Items[last]) ? 1 : 0;
            chance += MainGenre(log.Items[start]) == MainGenre(log.Items[(last + (log.Count / 2)) % log.Count]) ? 1 : 0;
        }

        Assert.True(near > 1.5 * far, $"{near} near against {far} far");
        Assert.True(far > 1.15 * chance, $"{far} far against {chance} by chance");
    }

    [Fact]
    public void UserFieldsTellTastes()
    {
        // Per age group the share of its favourite main genre, against that genre's share overall.
        var log = Default.Interactions;
        var ages = Default.Users.Fields[1].Values;
        foreach (var age in Enumerable.Range(1, 6))
        {
            int[] genres = [.. Enumerable.Range(0, log.Count).Where(i => ages[log.Users[i]] == age).Select(i => MainGenre(log.Items[i]))];
            var favourite = genres.GroupBy(genre => genre).MaxBy(group => group.Count())!;
            var overall = log.Items.Count(item => MainGenre(item) == favourite.Key) / (double)log.Count;
            Assert.True(favourite.Count() / (double)genres.Length > 1.4 * overall, $"age group {age}");
        }
    }

    [Fact]
    public void HistoryBeatsRecommendingTheMostPopular()
    {
        // A recommender that scores items by how often they followed the last items in training, against popularity alone.
        var split = DataSplit.Create(Default, SplitProtocol.Temporal, 1);
        var log = Default.Interactions;
        var together = new double[Default.Items.Count, Default.Items.Count];
        var popularity = new double[Default.Items.Count];
        foreach (var i in split.Train)
        {
            popularity[log.Items[i]]++;
            for (var earlier = Math.Max(log.Offsets[log.Users[i]], i - 5); earlier < i; earlier++)
            {
                together[log.Items[earlier], log.Items[i]]++;
            }
        }

        var (popular, related) = (0.0, 0.0);
        for (var user = 1; user < Default.Users.Count; user++)
        {
            var first = split.FirstTestInteraction[user];
            var seen = log.Items[log.Offsets[user]..first].ToHashSet();
            var wanted = log.Items[first..log.Offsets[user + 1]];
            popular += Recall(item => popularity[item], seen, wanted);
            var recent = log.Items[Math.Max(log.Offsets[user], first - 10)..first];
            related += Recall(item => recent.Sum(earlier => together[earlier, item]), seen, wanted);
        }

        Assert.True(related > 1.3 * popular, $"recall@50 {related / 1500} against {popular / 1500}");
    }

    [Fact]
    public void MillionsOfInteractionsTakeSeconds()
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var data = SyntheticData.Generate(new SyntheticOptions { Users = 33_000, Items = 32_000, Interactions = 1_000_000 });
        Assert.Equal(1_000_000, data.Interactions.Count);

        // Takes about a quarter of a second; the bound only catches work per interaction that grows with the number of items.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"took {watch.Elapsed}");
    }

    [Fact]
    public void MillionsOfItemsAllocateBytesNotObjects()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var data = SyntheticData.Generate(new SyntheticOptions { Users = 100, Items = 2_000_000, Interactions = 10_000 });
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / 2_000_000.0;
        Assert.Equal(["", "1", "2000000"], [data.ItemKeys[0], data.ItemKeys[1], data.ItemKeys[2_000_000]]);
        Assert.Equal(2_000_001, data.ItemKeys.Count);

        // Twelve numbers an item; a string and an array of each took twice as much.
        Assert.True(bytes < 130, $"{bytes:F0} bytes an item");
    }

    [Fact]
    public void KeysAreNumbersWhichCanBeGoneThrough()
    {
        var data = SyntheticData.Generate(new SyntheticOptions { Users = 3, Items = 4, Interactions = 5 });
        Assert.Equal(["", "1", "2", "3"], data.UserKeys);
        Assert.Throws<ArgumentOutOfRangeException>(() => data.ItemKeys[5]);
    }

    [Theory]
    [InlineData(0, 1, 1, 1, "The synthetic data set needs at least 1 for users, not 0.")]
    [InlineData(1, -2, 1, 1, "The synthetic data set needs at least 1 for items, not -2.")]
    [InlineData(1, 1, 0, 1, "The synthetic data set needs at least 1 for interactions, not 0.")]
    [InlineData(1, 1, 1, 0, "The synthetic data set needs at least 1 for history length, not 0.")]
    [InlineData(3, 5, 16, 1, "16 synthetic interactions are more than 3 users x 5 items can have, as nobody meets an item twice.")]
    public void ImpossibleOptionsAreExplained(int users, int items, int interactions, int historyLength, string message)
    {
        var options = new SyntheticOptions { Users = users, Items = items, Interactions = interactions, HistoryLength = historyLength };
        Assert.Equal(message, Assert.Throws<DataException>(() => SyntheticData.Generate(options)).Message);
    }

    private static double Recall(Func<int, double> score, HashSet<int> seen, int[] wanted)
    {
        var top = Enumerable.Range(1, 800).Where(item => !seen.Contains(item)).OrderByDescending(score).Take(50).ToHashSet();
        return wanted.Count(top.Contains) / (double)wanted.Length;
    }

    private static int MainGenre(int item) => Default.Items.Fields[2].FirstValue(item);

    private static int[] Genres(int item)
    {
        var field = Default.Items.Fields[2];
        return field.Values[field.Offsets[item]..field.Offsets[item + 1]];
    }
}
