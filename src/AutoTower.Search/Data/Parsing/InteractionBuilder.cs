using System.Runtime.InteropServices;

namespace AutoTower.Search.Data.Parsing;

/// <summary>Collects interactions in file order and groups them by user, each user's by time and then file order.</summary>
internal sealed class InteractionBuilder
{
    private readonly List<int> users = [];
    private readonly List<TimedItem> items = [];

    /// <summary>Appends an interaction.</summary>
    public void Add(int user, int item, long time)
    {
        items.Add(new TimedItem(time, items.Count, item));
        users.Add(user);
    }

    /// <summary>Dense ids of the items, one per interaction in file order.</summary>
    public IEnumerable<int> Items => items.Select(timed => timed.Item);

    /// <summary>The log.</summary>
    /// <param name="userCount">Rows of the user table.</param>
    /// <param name="itemIds">Final item id per item id given to <see cref="Add"/>, or null where these are final.</param>
    public InteractionLog Build(int userCount, int[]? itemIds = null)
    {
        var offsets = new int[userCount + 1];
        foreach (var user in users)
        {
            offsets[user + 1]++;
        }

        for (var user = 0; user < userCount; user++)
        {
            offsets[user + 1] += offsets[user];
        }

        var grouped = new TimedItem[items.Count];
        var next = offsets.AsSpan(0, userCount).ToArray();
        for (var i = 0; i < grouped.Length; i++)
        {
            grouped[next[users[i]]++] = items[i];
        }

        for (var user = 1; user < userCount; user++)
        {
            SortByTime(grouped.AsSpan(offsets[user]..offsets[user + 1]));
        }

        return new InteractionLog(
            offsets,
            Array.ConvertAll(grouped, timed => itemIds is null ? timed.Item : itemIds[timed.Item]));
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
