using AutoTower.Autograd.Random;
using AutoTower.Search.Data;

namespace AutoTower.Search.Evaluation;

/// <summary>
/// What full ranking asks under a protocol (SPEC.md, Evaluation): for every user with test interactions, the interaction whose history
/// stands for the user, the items that must not be returned, and the test items to be found.
/// </summary>
public sealed class RankingQueries
{
    private const uint TestOrder = 1;

    private RankingQueries(int[] interactions, int[] exclusionOffsets, int[] excludedItems, int[][] relevant)
    {
        Interactions = interactions;
        ExclusionOffsets = exclusionOffsets;
        ExcludedItems = excludedItems;
        Relevant = relevant;
    }

    /// <summary>Number of queries.</summary>
    public int Count => Interactions.Length;

    /// <summary>Per query, the interaction before which the user's history ends.</summary>
    public int[] Interactions { get; }

    /// <summary>Per query, where its excluded items start; one more at the end.</summary>
    public int[] ExclusionOffsets { get; }

    /// <summary>Excluded item ids, ascending and distinct within a query.</summary>
    public int[] ExcludedItems { get; }

    /// <summary>Per query, the distinct test items.</summary>
    public IReadOnlyList<int[]> Relevant { get; }

    /// <summary>
    /// Builds the queries. Protocol <c>paper</c>: history of the first of the user's test interactions in a shuffled test set, items of the
    /// training set excluded. Protocol <c>strict</c>: history before the first test interaction in time, training and validation excluded.
    /// </summary>
    public static RankingQueries Create(Dataset dataset, DataSplit split, EvaluationProtocol protocol, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(split);
        return protocol == EvaluationProtocol.Paper
            ? Build(dataset, split.Test, split.Train, FirstInShuffledOrder(split.Test, dataset, seed))
            : Build(dataset, split.Test, [.. split.Train, .. split.Validation], split.FirstTestInteraction);
    }

    /// <summary>
    /// Builds queries that ask for validation items, for choices that must not see test data: the history is that of the user's first
    /// interaction in a shuffled validation set, items of the training set are excluded.
    /// </summary>
    public static RankingQueries ForValidation(Dataset dataset, DataSplit split, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(split);
        return Build(dataset, split.Validation, split.Train, FirstInShuffledOrder(split.Validation, dataset, seed));
    }

    /// <summary>The items that query <paramref name="query"/> must not return.</summary>
    public ReadOnlySpan<int> Excluded(int query) => ExcludedItems.AsSpan(ExclusionOffsets[query]..ExclusionOffsets[query + 1]);

    private static RankingQueries Build(Dataset dataset, int[] wanted, int[] seen, int[] chosen)
    {
        var wantedByUser = new ItemsByUser(dataset, wanted);
        var seenByUser = new ItemsByUser(dataset, seen);
        var interactions = new List<int>();
        var offsets = new List<int> { 0 };
        var excluded = new List<int>();
        var relevant = new List<int[]>();
        for (var user = 1; user < dataset.Users.Count; user++)
        {
            var ofUser = wantedByUser.Distinct(user);
            if (ofUser.IsEmpty)
            {
                continue;
            }

            interactions.Add(chosen[user]);
            relevant.Add(ofUser.ToArray());
            var notAgain = seenByUser.Distinct(user);
            notAgain.Sort();
            excluded.AddRange(notAgain);
            offsets.Add(excluded.Count);
        }

        return new RankingQueries([.. interactions], [.. offsets], [.. excluded], [.. relevant]);
    }

    private static int[] FirstInShuffledOrder(int[] interactions, Dataset dataset, ulong seed)
    {
        var first = new int[dataset.Users.Count];
        first.AsSpan().Fill(-1);
        if (interactions.Length == 0)
        {
            return first;
        }

        var order = new Shuffle(interactions.Length, seed, TestOrder);
        for (var position = 0; position < interactions.Length; position++)
        {
            var interaction = interactions[order[position]];
            ref var chosen = ref first[dataset.Interactions.Users[interaction]];
            chosen = chosen < 0 ? interaction : chosen;
        }

        return first;
    }
}
