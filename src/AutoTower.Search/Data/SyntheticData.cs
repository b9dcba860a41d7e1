using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Synthetic;

namespace AutoTower.Search.Data;

/// <summary>
/// The embedded data set `synthetic` (issue "The whole job, end to end"), for runs without any files. Items belong to latent tastes,
/// which show in their genres, and to small cells of similar items, which show in their era; popularity is Zipf-like. A user has a few
/// interests, two of them correlated with age group and region, moves among them in sessions, and the interests drift. So pooling the
/// history and correcting for popularity pay off over recommending the most popular items. Nobody meets an item twice.
/// Only +, -, x, / and square roots are used on floating-point numbers, which IEEE 754 fixes to the bit: a seed means the same data on
/// every machine.
/// </summary>
public static class SyntheticData
{
    internal const string Name = "synthetic";
    private const int AgeGroups = 7;
    private const int Regions = 12;
    private const ulong ItemStream = 0;
    private const ulong UserStream = 1;

    // One stream a user: what a user does depends on no other user.
    private const ulong FirstWalkStream = 2;

    /// <summary>Generates the data set; in time and memory proportional to users + items + interactions.</summary>
    /// <param name="options">Sizes and seed.</param>
    /// <returns>The data set, with no item titles.</returns>
    /// <exception cref="DataException">A size below 1, or more interactions than pairs of user and item.</exception>
    public static Dataset Generate(SyntheticOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Validate(options);
        var schema = DatasetPresets.Schema(Name);
        var itemRandom = new SplitMix64(options.Seed, ItemStream);
        var world = new ItemWorld(options.Items, ref itemRandom);
        var itemTable = world.Table(schema, ref itemRandom);

        var userRandom = new SplitMix64(options.Seed, UserStream);
        var ageGroups = DrawField(options.Users, AgeGroups, ref userRandom);
        var regions = DrawField(options.Users, Regions, ref userRandom);
        var offsets = Activity.Offsets(options, ref userRandom);
        var items = new int[options.Interactions];
        var walk = new UserWalk(world);
        for (var user = 1; user <= options.Users; user++)
        {
            var random = new SplitMix64(options.Seed, FirstWalkStream + (ulong)user);
            walk.Generate(user, ageGroups[user], regions[user], items.AsSpan(offsets[user]..offsets[user + 1]), ref random);
        }

        FeatureField[] userFields =
        [
            FieldBuilder.Identity(schema.UserFields[0], options.Users + 1),
            new(schema.UserFields[1], AgeGroups + 1, ageGroups),
            new(schema.UserFields[2], Regions + 1, regions),
        ];
        return new Dataset(
            Name,
            new FeatureTable("user", options.Users + 1, userFields),
            itemTable,
            new InteractionLog(offsets, items),
            options.HistoryLength,
            schema.HistoryFieldIndices(),
            new NumberedKeys(options.Users),
            new NumberedKeys(options.Items));
    }

    private static void Validate(SyntheticOptions options)
    {
        RequireAtLeastOne(options.Users, "users");
        RequireAtLeastOne(options.Items, "items");
        RequireAtLeastOne(options.Interactions, "interactions");
        RequireAtLeastOne(options.HistoryLength, "history length");
        if (options.Interactions > (long)options.Users * options.Items)
        {
            throw new DataException(
                $"{options.Interactions} synthetic interactions are more than {options.Users} users x {options.Items} items can have, as "
                + "nobody meets an item twice.");
        }
    }

    private static void RequireAtLeastOne(int value, string what)
    {
        if (value < 1)
        {
            throw new DataException($"The synthetic data set needs at least 1 for {what}, not {value}.");
        }
    }

    /// <summary>Values 1 .. count per user, lower values more frequent; entry 0 is padding.</summary>
    private static int[] DrawField(int users, int count, ref SplitMix64 random)
    {
        var values = new int[users + 1];
        foreach (ref var value in values.AsSpan(1))
        {
            value = 1 + Math.Min(random.NextBelow(count), random.NextBelow(count));
        }

        return values;
    }
}
