namespace AutoTower.Search.Data.Synthetic;

/// <summary>
/// A user's way through the items: a few interests (cells of <see cref="ItemWorld"/>), visited in sessions, that drift along the ring of
/// cells. So the recent history tells more about the next item than the user's id or overall popularity do.
/// </summary>
internal sealed class UserWalk(ItemWorld world)
{
    private const double SessionContinues = 0.8;
    private const double InterestDrifts = 0.5;
    private const double InterestIsReplaced = 0.04;
    private const double FromCell = 0.55;
    private const double FromTaste = 0.3;
    private const double FollowsDemographics = 0.75;

    // seenBy[position] == user: the user has that item already. One array for all users, as users are generated one after another.
    private readonly int[] seenBy = new int[world.Count];
    private readonly int[] interests = new int[3];

    /// <summary>Fills in the items of one user, all different, in time order.</summary>
    /// <param name="user">Dense user id; each user once.</param>
    /// <param name="ageGroup">Age group, which one interest tends to follow.</param>
    /// <param name="region">Region, which another interest tends to follow.</param>
    /// <param name="items">Receives dense item ids; not more than there are items.</param>
    /// <param name="random">The user's own stream.</param>
    public void Generate(int user, int ageGroup, int region, Span<int> items, ref SplitMix64 random)
    {
        interests[0] = DrawInterest(ageGroup * 5 % world.TasteCount, ref random);
        interests[1] = DrawInterest(region * 7 % world.TasteCount, ref random);
        interests[2] = world.CellAt(world.DrawFromAll(ref random));
        var current = 0;
        foreach (ref var item in items)
        {
            if (random.NextUnit() >= SessionContinues)
            {
                current = StartSession(ref random);
            }

            var position = DrawUnseen(user, interests[current], ref random);
            seenBy[position] = user;
            item = world.ItemAt(position);
        }
    }

    private int DrawInterest(int taste, ref SplitMix64 random) =>
        world.CellAt(random.NextUnit() < FollowsDemographics ? world.DrawFromTaste(taste, ref random) : world.DrawFromAll(ref random));

    private int StartSession(ref SplitMix64 random)
    {
        var interest = random.NextUnit() switch
        {
            < 0.5 => 0,
            < 0.8 => 1,
            _ => 2,
        };
        var change = random.NextUnit();
        if (change < InterestIsReplaced)
        {
            interests[interest] = world.CellAt(world.DrawFromAll(ref random));
        }
        else if (change < InterestIsReplaced + InterestDrifts)
        {
            var step = random.NextUnit() < 0.5 ? 1 : world.CellCount - 1;
            interests[interest] = (interests[interest] + step) % world.CellCount;
        }

        return interest;
    }

    private int DrawUnseen(int user, int cell, ref SplitMix64 random)
    {
        const int AttemptsPerLevel = 6;
        const int Levels = 3;
        var level = random.NextUnit() switch
        {
            < FromCell => 0,
            < FromCell + FromTaste => 1,
            _ => 2,
        };

        // Where the user has had most of the cell, look further: taste, then everything.
        for (; level < Levels; level++)
        {
            for (var attempt = 0; attempt < AttemptsPerLevel; attempt++)
            {
                var position = level switch
                {
                    0 => world.DrawFromCell(cell, ref random),
                    1 => world.DrawFromTaste(world.TasteOf(cell), ref random),
                    _ => world.DrawFromAll(ref random),
                };
                if (seenBy[position] != user)
                {
                    return position;
                }
            }
        }

        // Even the popular items are used up: the next unseen one from a random place on.
        var unseen = random.NextBelow(world.Count);
        while (seenBy[unseen] == user)
        {
            unseen = (unseen + 1) % world.Count;
        }

        return unseen;
    }
}
