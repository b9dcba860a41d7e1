using AutoTower.Search.Data;

namespace AutoTower.Search.Evaluation;

/// <summary>The items of some interactions, grouped by user; within a user in the order of the interactions.</summary>
internal sealed class ItemsByUser
{
    private readonly int[] _offsets;
    private readonly int[] _items;

    // The user who was last found to have an item.
    private readonly int[] _user;

    public ItemsByUser(Dataset dataset, int[] interactions)
    {
        var log = dataset.Interactions;
        _offsets = new int[dataset.Users.Count + 1];
        foreach (var interaction in interactions)
        {
            _offsets[log.Users[interaction] + 1]++;
        }

        for (var user = 0; user < dataset.Users.Count; user++)
        {
            _offsets[user + 1] += _offsets[user];
        }

        _items = new int[interactions.Length];
        var next = _offsets.AsSpan(..^1).ToArray();
        foreach (var interaction in interactions)
        {
            _items[next[log.Users[interaction]]++] = log.Items[interaction];
        }

        _user = new int[dataset.Items.Count];
    }

    /// <summary>The user's items, each once; the caller may reorder them. Ask once a user.</summary>
    public Span<int> Distinct(int user)
    {
        var all = _items.AsSpan(_offsets[user].._offsets[user + 1]);
        var count = 0;
        foreach (var item in all)
        {
            if (_user[item] != user)
            {
                _user[item] = user;
                all[count++] = item;
            }
        }

        return all[..count];
    }
}
