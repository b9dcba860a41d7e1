using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Search.Data;
using AutoTower.Search.Models;

namespace AutoTower.Search.Retrieval;

/// <summary>An item for a user.</summary>
/// <param name="Rank">From 1.</param>
/// <param name="Item">The data set's own id.</param>
/// <param name="Title">Its title, where the data set has titles.</param>
/// <param name="Score">Inner product of the vectors; the largest where the user has several.</param>
public sealed record Recommendation(int Rank, string Item, string? Title, float Score);

/// <summary>Items for users under a trained model, by the data set's own ids.</summary>
public sealed class Recommender : IDisposable
{
    private readonly ITwoTowerModel _model;
    private readonly DeviceBuffer<float> _items;
    private readonly RetrievalIndex _index;

    /// <summary>Computes and indexes the vectors of all items.</summary>
    public Recommender(ITwoTowerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _items = TowerVectors.Items(model);
        _index = new RetrievalIndex(
            model.Device, new ItemTable(new Matrix(_items.Address, model.Data.Dataset.Items.Count - 1, model.OutputWidth)));
    }

    private Dataset Dataset => _model.Data.Dataset;

    /// <summary>The best items for a user, best first; fewer than k where no more are left.</summary>
    /// <param name="user">The data set's id of the user; an id that it does not have is a new user, who needs a history.</param>
    /// <param name="k">How many, 1 to <see cref="IRankingKernels.LargestK"/>.</param>
    /// <param name="history">Ids of the items seen, the latest last; null for what the data set has of the user.</param>
    /// <param name="excludeSeen">Leaves out the history and everything that the data set has of the user.</param>
    /// <exception cref="DataException">The data set has no such item, or no such user and no history was given.</exception>
    public IReadOnlyList<Recommendation> Recommend(string user, int k, IReadOnlyList<string>? history, bool excludeSeen)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        var id = Math.Max(0, IndexOf(Dataset.UserKeys, user));
        if (id == 0 && history is not { Count: > 0 })
        {
            throw new DataException($"{Dataset.Name} has no user {user}; give the items that a new user has seen, for example --history 50,181,100.");
        }

        var known = id == 0 ? ReadOnlyMemory<int>.Empty : TowerVectors.Seen(Dataset, id);
        var seen = history is null ? known : Items(history);
        var vector = TowerVectors.Users(_model, [new UserHistory(id, seen)]);
        int[] excluded = excludeSeen ? [.. known.ToArray().Concat(seen.ToArray()).Distinct().Select(item => item - 1)] : [];
        var lists = _index.Search(vector, k, ExclusionLists.From([.. Enumerable.Repeat(excluded, _model.Interests)]));
        var found = InterestMerge.Merge(lists, _model.Interests);
        var results = new List<Recommendation>();
        for (var i = 0; i < k && found.Indices[i] >= 0; i++)
        {
            var item = found.Indices[i] + 1;
            results.Add(new Recommendation(i + 1, Dataset.ItemKeys[item], Dataset.ItemTitles?[item], found.Scores[i]));
        }

        return results;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _index.Dispose();
        _items.Dispose();
    }

    private int[] Items(IReadOnlyList<string> keys)
    {
        var items = new int[keys.Count];
        for (var i = 0; i < keys.Count; i++)
        {
            items[i] = IndexOf(Dataset.ItemKeys, keys[i]);
            if (items[i] < 1)
            {
                throw new DataException($"{Dataset.Name} has no item {keys[i]}, which the history names.");
            }
        }

        return items;
    }

    private static int IndexOf(IReadOnlyList<string> keys, string key)
    {
        for (var i = 1; i < keys.Count; i++)
        {
            if (keys[i] == key)
            {
                return i;
            }
        }

        return -1;
    }
}
