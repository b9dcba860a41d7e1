using AutoTower.Search.Data;

namespace AutoTower.Search.Tests.Data;

/// <summary>The smallest data set with given sequences.</summary>
internal static class SampleData
{
    /// <summary>User u (from 1 on) has sequences[u - 1], dense item ids.</summary>
    public static Dataset FromSequences(int itemCount, int historyLength, params int[][] sequences)
    {
        int[] offsets = [0, 0, .. sequences.Select((_, user) => sequences.Take(user + 1).Sum(sequence => sequence.Length))];
        string[] userKeys = ["", .. sequences.Select((_, user) => $"user {user + 1}")];
        string[] itemKeys = ["", .. Enumerable.Range(1, itemCount).Select(item => $"item {item}")];
        return new Dataset(
            "sample",
            Ids("user", userKeys.Length),
            Ids("item", itemKeys.Length),
            new InteractionLog(offsets, [.. sequences.SelectMany(sequence => sequence)]),
            historyLength,
            [0],
            userKeys,
            itemKeys);
    }

    private static FeatureTable Ids(string entity, int count) =>
        new(entity, count, [new FeatureField(entity, count, [.. Enumerable.Range(0, count)])]);
}
