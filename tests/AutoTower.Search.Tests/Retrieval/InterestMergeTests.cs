using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Search.Retrieval;

namespace AutoTower.Search.Tests.Retrieval;

public sealed class InterestMergeTests
{
    [Fact]
    public void Merged_lists_are_those_of_scoring_every_item_by_its_best_vector()
    {
        const int Items = 40, Width = 4, Users = 7, Interests = 3, K = 6;
        var random = new Random(1);
        // Few distinct values, so that scores are equal now and then.
        float[] items = [.. Enumerable.Range(0, Items * Width).Select(_ => (float)random.Next(-2, 3))];
        float[] users = [.. Enumerable.Range(0, Users * Interests * Width).Select(_ => (float)random.Next(-2, 3))];
        int[][] excluded = [.. Enumerable.Range(0, Users).Select(user => Enumerable.Range(0, user == 6 ? Items - 2 : user).ToArray())];
        using var device = new CpuDevice(2);
        using var index = new RetrievalIndex(device, items, Width);
        var lists = index.Search(users, K, ExclusionLists.From(excluded.SelectMany(list => Enumerable.Repeat(list, Interests))));
        var merged = InterestMerge.Merge(lists, Interests);
        Assert.Equal(Users, merged.Users);
        for (var user = 0; user < Users; user++)
        {
            var expected = Enumerable.Range(0, Items).Except(excluded[user]).Select(item => (Item: item, Score: Enumerable.Range(0, Interests).Max(interest =>
                    Enumerable.Range(0, Width).Sum(i => items[(item * Width) + i] * users[(((user * Interests) + interest) * Width) + i]))))
                .OrderByDescending(pair => pair.Score).ThenBy(pair => pair.Item).Take(K).ToList();
            var missing = Enumerable.Repeat((-1, float.NegativeInfinity), K - expected.Count);
            Assert.Equal([.. expected, .. missing], merged.IndicesOf(user).ToArray().Zip(merged.ScoresOf(user).ToArray()));
        }
    }
}
