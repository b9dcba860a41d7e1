namespace AutoTower.Search.Retrieval;

/// <summary>Items that each user must not be given, for example those already seen.</summary>
public sealed class ExclusionLists
{
    private readonly int[] _offsets;
    private readonly int[] _items;

    /// <summary>Lists one behind the other.</summary>
    /// <param name="offsets">User i's items are items[offsets[i] .. offsets[i + 1]); one more than users, rising from 0.</param>
    /// <param name="items">Item indices, ascending within a user.</param>
    /// <exception cref="ArgumentException">Offsets fall or do not end with the number of items, or a list is not ascending.</exception>
    public ExclusionLists(int[] offsets, int[] items)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        ArgumentNullException.ThrowIfNull(items);
        if (offsets.Length == 0 || offsets[0] != 0 || offsets[^1] != items.Length)
        {
            throw new ArgumentException($"Offsets must start with 0 and end with the number of items, {items.Length}.", nameof(offsets));
        }

        for (var user = 0; user + 1 < offsets.Length; user++)
        {
            if (offsets[user + 1] < offsets[user])
            {
                throw new ArgumentException($"Offsets fall after user {user}.", nameof(offsets));
            }

            for (var i = offsets[user] + 1; i < offsets[user + 1]; i++)
            {
                if (items[i] < items[i - 1])
                {
                    throw new ArgumentException($"The excluded items of user {user} are not ascending.", nameof(items));
                }
            }
        }

        _offsets = offsets;
        _items = items;
    }

    /// <summary>Number of users.</summary>
    public int Users => _offsets.Length - 1;

    /// <summary>Lists in any order, one a user.</summary>
    public static ExclusionLists From(IEnumerable<IEnumerable<int>> lists)
    {
        ArgumentNullException.ThrowIfNull(lists);
        var offsets = new List<int> { 0 };
        var items = new List<int>();
        foreach (var list in lists)
        {
            items.AddRange(list.Order());
            offsets.Add(items.Count);
        }

        return new ExclusionLists([.. offsets], [.. items]);
    }

    /// <summary>The lists of <paramref name="count"/> users from <paramref name="first"/> on, with offsets that start at 0.</summary>
    internal (int[] Offsets, int[] Items) Slice(int first, int count)
    {
        var start = _offsets[first];
        return (Array.ConvertAll(_offsets[first..(first + count + 1)], offset => offset - start), _items[start.._offsets[first + count]]);
    }
}
