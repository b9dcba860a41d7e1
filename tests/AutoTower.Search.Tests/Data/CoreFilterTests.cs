using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Preparation;
using CsCheck;

namespace AutoTower.Search.Tests.Data;

public sealed class CoreFilterTests
{
    private const int Users = 8;
    private const int Items = 6;

    [Fact]
    public void OneRemovalLeadsToTheNext()
    {
        // Item 1 has one record; without it user 1 has one, without whom item 0 has two, too few for three.
        (int, int)[] log = [(0, 0), (0, 2), (0, 2), (1, 0), (1, 1), (2, 0), (2, 2), (2, 2)];
        var (users, items) = Apply(log, new CoreThresholds(2, 3));
        Assert.Equal([1, 0, 2], users[..3]);
        Assert.Equal([0, 0, 1], items[..3]);
    }

    [Fact]
    public void ThresholdsOfOneKeepEverybodyWithARecord()
    {
        var (users, items) = Apply([(3, 1), (1, 4)], new CoreThresholds(1, 1));
        Assert.Equal([0, 1, 0, 2, 0, 0, 0, 0], users);
        Assert.Equal([0, 1, 0, 0, 2, 0], items);
    }

    [Fact]
    public void WhatRemainsIsWhatRemovingOneEntityAfterTheOtherLeaves() =>
        Gen.Select(Gen.Int[0, Users - 1], Gen.Int[0, Items - 1]).Array[0, 60]
            .Select(Gen.Int[1, 6], Gen.Int[1, 8])
            .Sample((log, minimumUser, minimumItem) =>
            {
                var thresholds = new CoreThresholds(minimumUser, minimumItem);
                var (users, items) = Apply(log, thresholds);
                var expected = Naive(log, thresholds);
                return log.Where(pair => users[pair.Item1] > 0 && items[pair.Item2] > 0).SequenceEqual(expected)
                    && users.Where(id => id > 0).SequenceEqual(Enumerable.Range(1, expected.Select(pair => pair.Item1).Distinct().Count()))
                    && items.Where(id => id > 0).SequenceEqual(Enumerable.Range(1, expected.Select(pair => pair.Item2).Distinct().Count()));
            });

    private static (int[] Users, int[] Items) Apply((int, int)[] log, CoreThresholds thresholds)
    {
        var interactions = new InteractionBuilder();
        foreach (var (user, item) in log)
        {
            interactions.Add(user, item, 0);
        }

        return CoreFilter.Apply(interactions, Users, Items, thresholds);
    }

    /// <summary>Removes the first entity with too few records until there is none.</summary>
    private static List<(int User, int Item)> Naive((int User, int Item)[] log, CoreThresholds thresholds)
    {
        var left = log.ToList();
        while (true)
        {
            if (left.GroupBy(pair => pair.User).FirstOrDefault(group => group.Count() < thresholds.Users) is { } user)
            {
                left.RemoveAll(pair => pair.User == user.Key);
            }
            else if (left.GroupBy(pair => pair.Item).FirstOrDefault(group => group.Count() < thresholds.Items) is { } item)
            {
                left.RemoveAll(pair => pair.Item == item.Key);
            }
            else
            {
                return left;
            }
        }
    }
}
