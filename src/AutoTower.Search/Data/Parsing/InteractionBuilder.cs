using System.Runtime.InteropServices;

namespace AutoTower.Search.Data.Parsing;

/// <summary>Collects interactions in file order and groups them by user, each user's by time and then file order.</summary>
internal sealed class InteractionBuilder
{
    private readonly ChunkedList<int> _users = new();
    private readonly ChunkedList<int> _items = new();
    private readonly ChunkedList<long> _times = new();
    private readonly ChunkedList<float> _weights = new();
    private bool _isWeighted;

    /// <summary>Number of interactions.</summary>
    public int Count => _items.Count;

    /// <summary>The user of an interaction in file order, as given to <see cref="Add"/>.</summary>
    public int User(int interaction) => _users[interaction];

    /// <summary>The item of an interaction in file order, as given to <see cref="Add"/>.</summary>
    public int Item(int interaction) => _items[interaction];

    /// <summary>Appends an interaction.</summary>
    /// <param name="user">Number of the user.</param>
    /// <param name="item">Number of the item.</param>
    /// <param name="time">What a user's interactions are ordered by.</param>
    /// <param name="weight">Its weight r in the loss.</param>
    public void Add(int user, int item, long time, float weight = 1)
    {
        _users.Add(user);
        _items.Add(item);
        _times.Add(time);
        _weights.Add(weight);
        _isWeighted |= weight != 1;
    }

    /// <summary>The log.</summary>
    /// <param name="userCount">Rows of the user table.</param>
    /// <param name="userIds">Dense id per user given to <see cref="Add"/>, 0 to leave the user out; null where these are dense ids.</param>
    /// <param name="itemIds">The same for items.</param>
    public InteractionLog Build(int userCount, int[]? userIds = null, int[]? itemIds = null)
    {
        var offsets = new int[userCount + 1];
        for (var i = 0; i < Count; i++)
        {
            if (Kept(i, out var user, out _))
            {
                offsets[user + 1]++;
            }
        }

        for (var user = 0; user < userCount; user++)
        {
            offsets[user + 1] += offsets[user];
        }

        var grouped = new TimedItem[offsets[^1]];
        var next = offsets.AsSpan(0, userCount).ToArray();
        for (var i = 0; i < Count; i++)
        {
            if (Kept(i, out var user, out var item))
            {
                grouped[next[user]++] = new TimedItem(_times[i], i, item);
            }
        }

        for (var user = 1; user < userCount; user++)
        {
            SortByTime(grouped.AsSpan(offsets[user]..offsets[user + 1]));
        }

        return new InteractionLog(
            offsets,
            Array.ConvertAll(grouped, timed => timed.Item),
            _isWeighted ? Array.ConvertAll(grouped, timed => _weights[timed.Order]) : null);

        bool Kept(int interaction, out int user, out int item)
        {
            user = userIds is null ? _users[interaction] : userIds[_users[interaction]];
            item = itemIds is null ? _items[interaction] : itemIds[_items[interaction]];
            return user > 0 && item > 0;
        }
    }

    private static void SortByTime(Span<TimedItem> items)
    {
        // Users whose rows are in order already are the rule in some files and cost no sort.
        for (var i = 1; i < items.Length; i++)
        {
            if (items[i].CompareTo(items[i - 1]) < 0)
            {
                items.Sort();
                return;
            }
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct TimedItem(long Time, int Order, int Item) : IComparable<TimedItem>
    {
        public int CompareTo(TimedItem other) =>
            Time != other.Time ? Time.CompareTo(other.Time) : Order.CompareTo(other.Order);
    }
}
