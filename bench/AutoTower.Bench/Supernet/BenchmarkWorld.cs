using AutoTower.Autograd.Random;
using AutoTower.Search.Cost;
using AutoTower.Search.Data;
using AutoTower.Search.Space;
using AutoTower.Search.Training;

namespace AutoTower.Bench.Supernet;

/// <summary>Data of ML-1M's shape (6,040 users, 3,706 items, L = 20, its fields) and the paths that both engines train on it.</summary>
internal static class BenchmarkWorld
{
    public const int Blocks = 5;
    public const ulong Seed = 1;

    /// <summary>Paths sampled uniformly, as supernet training does; every engine steps through all of them.</summary>
    public const int Paths = 8;
    private const int Users = 6040;
    private const int Items = 3706;
    private const int InteractionsAUser = 40;

    public static TrainingOptions Options { get; } = new() { BatchSize = 1024 };

    public static ModelShape Shape { get; } = new(UserFields: 4, ItemFields: 3, HistoryFields: 3, HistoryLength: 20);

    public static SearchSpace Space { get; } = SearchSpace.Create(Blocks, Blocks);

    public static Architecture[] SamplePaths()
    {
        var random = new CounterRandom(Seed, RandomStream.ArchitectureSampling);
        return [.. Enumerable.Range(0, Paths).Select(_ => Space.Sample(random))];
    }

    /// <summary>Popular items are more frequent, and users of one group like the same items, so that there is something to learn.</summary>
    public static Dataset CreateData()
    {
        var random = new CounterRandom(Seed, RandomStream.Initialisation);
        FeatureField Single(string name, int cardinality, int count) =>
            new(name, cardinality, [.. Enumerable.Range(0, count).Select(id => id == 0 ? 0 : 1 + random.NextInteger(cardinality - 1))]);
        FeatureField Id(string name, int count) => new(name, count, [.. Enumerable.Range(0, count)]);
        var genres = Enumerable.Range(0, Items + 1).Select(id => id == 0 ? [] : Enumerable.Range(0, 1 + random.NextInteger(3))
            .Select(_ => 1 + random.NextInteger(18)).Distinct().ToArray()).ToArray();
        var offsets = new int[Items + 2];
        for (var item = 0; item <= Items; item++)
        {
            offsets[item + 1] = offsets[item] + genres[item].Length;
        }

        var log = new int[Users * InteractionsAUser];
        for (var i = 0; i < log.Length; i++)
        {
            var group = i / InteractionsAUser % 20;
            var rank = random.NextUniform() * random.NextUniform();
            log[i] = 1 + (((int)(rank * Items / 20) * 20) + group) % Items;
        }

        return new Dataset(
            "ml-1m shape",
            new FeatureTable("user", Users + 1, [Id("user", Users + 1), Single("age", 8, Users + 1), Single("gender", 3, Users + 1), Single("occupation", 22, Users + 1)]),
            new FeatureTable("item", Items + 1, [Id("movie", Items + 1), Single("year", 12, Items + 1), new FeatureField("genres", 19, [.. genres.SelectMany(set => set)], offsets)]),
            new InteractionLog([0, .. Enumerable.Range(0, Users + 1).Select(user => user * InteractionsAUser)], log),
            Shape.HistoryLength,
            [0, 1, 2],
            Keys(Users),
            Keys(Items));
    }

    private static string[] Keys(int count) => [.. Enumerable.Range(0, count + 1).Select(id => id == 0 ? string.Empty : $"{id}")];
}
