using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Tables;

namespace AutoTower.Search.Data.Preparation;

/// <summary>Interactions with text ids as they are read, and what of them remains after filtering.</summary>
internal sealed class InteractionSource
{
    private readonly KeyTable _users = new();
    private readonly KeyTable _items = new();
    private readonly InteractionBuilder _log = new();

    private InteractionSource()
    {
    }

    /// <summary>Reads a file with one row an interaction.</summary>
    /// <param name="table">The file: column 0 the user, 1 the item, then the time and the weight where there are such columns.</param>
    /// <param name="hasTime">Whether there is a time; otherwise a user's rows are in order.</param>
    /// <param name="hasWeight">Whether there is a weight.</param>
    /// <exception cref="DataException">A row is damaged, or there is none.</exception>
    public static InteractionSource Read(TableReader table, bool hasTime, bool hasWeight)
    {
        var source = new InteractionSource();
        var weightColumn = hasTime ? 3 : 2;
        while (table.MoveNext())
        {
            var user = source._users.Add(table.Required(0));
            var item = source._items.Add(table.Required(1));
            source._log.Add(user, item, hasTime ? table.Time(2) : 0, hasWeight ? Weight(table, weightColumn) : 1);
        }

        return source._log.Count > 0 ? source : throw table.Empty();
    }

    /// <summary>Drops users and items with too few interactions, iteratively (<see cref="CoreFilter"/>).</summary>
    /// <exception cref="DataException">Nothing remains.</exception>
    public (EntityIds Users, EntityIds Items, InteractionLog Log) Filter(string data, CoreThresholds thresholds)
    {
        var (users, items) = CoreFilter.Apply(_log, _users.Count, _items.Count, thresholds);
        var userIds = new EntityIds("user", _users, users);
        var itemIds = new EntityIds("item", _items, items);
        return userIds.Count > 1
            ? (userIds, itemIds, _log.Build(userIds.Count, users, items))
            : throw new DataException(
                $"Of the {_log.Count:N0} interactions of {data} none is left, as no users with {thresholds.Users} records or more share items "
                + $"with {thresholds.Items} or more; lower --min-user-records or --min-item-records.");
    }

    private static float Weight(TableReader table, int column)
    {
        var weight = table.Number(column) ?? throw table.Error("the weight is empty");
        return weight >= 0 ? (float)weight : throw table.Error($"the weight {weight} is negative");
    }
}
