using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Data.Preparation;

/// <summary>
/// Iterative k-core filtering: users and items with too few interactions are dropped, which takes interactions from others, until everybody
/// left has enough. What remains is the largest such set and does not depend on the order of removal.
/// </summary>
internal static class CoreFilter
{
    /// <summary>Which users and items remain.</summary>
    /// <param name="interactions">All interactions.</param>
    /// <param name="userCount">Number of users, numbered from 0.</param>
    /// <param name="itemCount">Number of items, numbered from 0.</param>
    /// <param name="thresholds">Fewest interactions of a user and of an item.</param>
    /// <returns>Per user and per item, its dense id in order of first occurrence, from 1; 0 where it is dropped.</returns>
    public static (int[] Users, int[] Items) Apply(InteractionBuilder interactions, int userCount, int itemCount, CoreThresholds thresholds)
    {
        var users = new int[userCount];
        var items = new int[itemCount];
        var alive = new int[interactions.Count];
        for (var i = 0; i < alive.Length; i++)
        {
            alive[i] = i;
            users[interactions.User(i)]++;
            items[interactions.Item(i)]++;
        }

        // Counts always are those among the interactions alive.
        var count = alive.Length;
        for (var before = -1; before != count;)
        {
            before = count;
            var kept = 0;
            for (var position = 0; position < before; position++)
            {
                var (user, item) = (interactions.User(alive[position]), interactions.Item(alive[position]));
                if (users[user] >= thresholds.Users && items[item] >= thresholds.Items)
                {
                    alive[kept++] = alive[position];
                }
                else
                {
                    users[user]--;
                    items[item]--;
                }
            }

            count = kept;
        }

        return (Number(users), Number(items));
    }

    private static int[] Number(int[] counts)
    {
        var next = 0;
        return Array.ConvertAll(counts, count => count > 0 ? ++next : 0);
    }
}
