namespace AutoTower.Search.Data.Synthetic;

/// <summary>
/// Draws from contiguous groups of positions in proportion to their weights, in constant time whatever the group's size
/// (alias method, Vose 1991).
/// </summary>
internal sealed class PopularityTable
{
    private readonly int[] starts;
    private readonly double[] keepBelow;
    private readonly int[] aliases;

    /// <param name="weights">Weight of every position, above 0.</param>
    /// <param name="starts">Group g is positions [starts[g], starts[g + 1]), none of them empty.</param>
    public PopularityTable(double[] weights, int[] starts)
    {
        this.starts = starts;
        keepBelow = new double[weights.Length];
        aliases = new int[weights.Length];
        for (var group = 0; group < starts.Length - 1; group++)
        {
            BuildGroup(weights, starts[group], starts[group + 1]);
        }
    }

    /// <summary>A position of the group.</summary>
    public int Draw(int group, ref SplitMix64 random)
    {
        var position = starts[group] + random.NextBelow(starts[group + 1] - starts[group]);
        return random.NextUnit() < keepBelow[position] ? position : aliases[position];
    }

    private void BuildGroup(double[] weights, int start, int end)
    {
        double total = 0;
        for (var position = start; position < end; position++)
        {
            total += weights[position];
        }

        var (light, heavy) = (new Stack<int>(), new Stack<int>());
        for (var position = start; position < end; position++)
        {
            keepBelow[position] = weights[position] * (end - start) / total;
            (keepBelow[position] < 1 ? light : heavy).Push(position);
        }

        while (light.Count > 0 && heavy.Count > 0)
        {
            var (small, large) = (light.Pop(), heavy.Pop());
            aliases[small] = large;
            keepBelow[large] -= 1 - keepBelow[small];
            (keepBelow[large] < 1 ? light : heavy).Push(large);
        }

        // What is left misses 1 by rounding only.
        foreach (var position in light.Concat(heavy))
        {
            keepBelow[position] = 1;
        }
    }
}
