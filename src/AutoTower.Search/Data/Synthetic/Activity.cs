namespace AutoTower.Search.Data.Synthetic;

/// <summary>How many interactions each synthetic user has: half the average for everybody, the rest heavy-tailed.</summary>
internal static class Activity
{
    /// <summary>Offsets as in <see cref="InteractionLog.Offsets"/>: exactly the wanted total, no user above the number of items.</summary>
    public static int[] Offsets(SyntheticOptions options, ref SplitMix64 random)
    {
        double total = 0;
        var weights = new double[options.Users];
        foreach (ref var weight in weights.AsSpan())
        {
            // Density ~ weight^-3 (Pareto), cut off at sqrt(20) times the least active user's.
            weight = 1 / Math.Sqrt(random.NextUnit() + 0.05);
            total += weight;
        }

        var everybody = options.Interactions / options.Users / 2;
        var perWeight = (options.Interactions - ((long)everybody * options.Users)) / total;
        var counts = Array.ConvertAll(weights, weight => (int)Math.Min(options.Items, everybody + (perWeight * weight)));
        SpreadRest(counts, options.Interactions - counts.Sum(count => (long)count), options.Items);
        var offsets = new int[options.Users + 2];
        for (var user = 0; user < options.Users; user++)
        {
            offsets[user + 2] = offsets[user + 1] + counts[user];
        }

        return offsets;
    }

    // Rounding, and what the most active users could not take.
    private static void SpreadRest(int[] counts, long rest, int maximum)
    {
        for (var user = 0; rest > 0; user = (user + 1) % counts.Length)
        {
            if (counts[user] < maximum)
            {
                counts[user]++;
                rest--;
            }
        }
    }
}
