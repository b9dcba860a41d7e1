using AutoTower.Search.Cost;
using AutoTower.Search.Data;

namespace AutoTower.Search.Tests.Supernet;

/// <summary>
/// A data set made by arithmetic, so that runs over it can be compared with stored numbers: users of 1 to 9 interactions, items with a
/// year and with 0 to 3 genres; histories use item and first genre.
/// </summary>
internal static class TinyData
{
    public const int HistoryLength = 4;

    public static Dataset Create(int users, int items)
    {
        var userFields = new[]
        {
            new FeatureField("user", users + 1, [.. Enumerable.Range(0, users + 1)]),
            new FeatureField("age", 3, [.. Enumerable.Range(0, users + 1).Select(user => user * 7 % 3)]),
        };
        var genres = Enumerable.Range(0, items + 1).Select(item => item == 0 ? [] : Enumerable.Range(item, item % 4).Select(g => 1 + (g * 5 % 6)).ToArray()).ToArray();
        var itemFields = new[]
        {
            new FeatureField("item", items + 1, [.. Enumerable.Range(0, items + 1)]),
            new FeatureField("year", 4, [.. Enumerable.Range(0, items + 1).Select(item => item * 3 % 4)]),
            new FeatureField("genres", 7, [.. genres.SelectMany(set => set)], Offsets(genres.Select(set => set.Length))),
        };
        var lengths = Enumerable.Range(0, users + 1).Select(user => user == 0 ? 0 : 1 + (user * 5 % 9)).ToArray();
        // Neighbouring users like neighbouring items, which gives training something to learn.
        var log = Enumerable.Range(1, users).SelectMany(user => Enumerable.Range(0, lengths[user]).Select(t => 1 + (((user * items / users) + (t * t * 3 % 7)) % items)));
        return new Dataset(
            "tiny",
            new FeatureTable("user", users + 1, userFields),
            new FeatureTable("item", items + 1, itemFields),
            new InteractionLog(Offsets(lengths), [.. log]),
            HistoryLength,
            [0, 2],
            Keys(users),
            Keys(items));
    }

    /// <summary>Small odd sizes, all different.</summary>
    public static ModelShape Shape { get; } =
        new(UserFields: 2, ItemFields: 3, HistoryFields: 2, HistoryLength) { EmbeddingDimension = 5, BlockWidth = 8, OutputWidth = 6, HeadWidth = 3 };

    private static int[] Offsets(IEnumerable<int> lengths)
    {
        var offsets = new List<int> { 0 };
        foreach (var length in lengths)
        {
            offsets.Add(offsets[^1] + length);
        }

        return [.. offsets];
    }

    private static string[] Keys(int count) => [.. Enumerable.Range(0, count + 1).Select(id => id == 0 ? string.Empty : $"{id}")];
}
