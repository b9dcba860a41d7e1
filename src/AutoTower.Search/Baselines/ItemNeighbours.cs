using System.Collections.Concurrent;
using AutoTower.Search.Data;

namespace AutoTower.Search.Baselines;

/// <summary>
/// Item-based nearest neighbours (Sarwar et al. 2001): the similarity of two items is the cosine of the sets of users who have them in the
/// training set, |U_i and U_j| / sqrt(|U_i| |U_j|); an item's score is the sum of its similarities to the user's training items, of which
/// each counts for its nearest neighbours only.
/// </summary>
public sealed class ItemNeighbours : ItemRanker
{
    /// <summary>Neighbours of an item that count.</summary>
    public const int NeighbourCount = 200;

    private readonly int[][] _itemsByUser;
    private readonly (int Item, float Similarity)[][] _neighbours;

    /// <summary>Counts who has what and finds the neighbours of every item.</summary>
    public ItemNeighbours(Dataset dataset, DataSplit split)
        : base(dataset, split)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(split);
        var log = dataset.Interactions;
        _itemsByUser = Groups(split.Train.Select(interaction => (log.Users[interaction], log.Items[interaction])), dataset.Users.Count);
        var usersByItem = Groups(split.Train.Select(interaction => (log.Items[interaction], log.Users[interaction])), dataset.Items.Count);
        _neighbours = new (int, float)[dataset.Items.Count][];
        Parallel.ForEach(Partitioner.Create(0, _neighbours.Length), range =>
        {
            var common = new int[_neighbours.Length];
            for (var item = range.Item1; item < range.Item2; item++)
            {
                _neighbours[item] = Nearest(item, usersByItem, common);
            }
        });
    }

    /// <summary>An item's nearest neighbours with their similarities, most similar first, then by id.</summary>
    public IReadOnlyList<(int Item, float Similarity)> NeighboursOf(int item) => _neighbours[item];

    /// <inheritdoc/>
    private protected override void Score(int user, ItemScores scores)
    {
        foreach (var item in _itemsByUser[user])
        {
            foreach (var (other, similarity) in _neighbours[item])
            {
                scores.Add(other, similarity);
            }
        }
    }

    private (int Item, float Similarity)[] Nearest(int item, int[][] usersByItem, int[] common)
    {
        var touched = new List<int>();
        foreach (var user in usersByItem[item])
        {
            foreach (var other in _itemsByUser[user])
            {
                if (other != item && common[other]++ == 0)
                {
                    touched.Add(other);
                }
            }
        }

        var similar = touched.ConvertAll(other =>
            (Item: other, Similarity: common[other] / MathF.Sqrt((float)usersByItem[item].Length * usersByItem[other].Length)));
        touched.ForEach(other => common[other] = 0);
        similar.Sort((left, right) => right.Similarity.CompareTo(left.Similarity) is var order && order != 0 ? order : left.Item.CompareTo(right.Item));
        return [.. similar.Take(NeighbourCount)];
    }

    // Distinct members of each group, ascending.
    private static int[][] Groups(IEnumerable<(int Group, int Member)> pairs, int count)
    {
        var groups = new List<int>?[count];
        foreach (var (group, member) in pairs)
        {
            (groups[group] ??= []).Add(member);
        }

        return [.. groups.Select(group => group is null ? [] : group.Distinct().Order().ToArray())];
    }
}
