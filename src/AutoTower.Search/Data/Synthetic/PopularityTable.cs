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
        var largest = 0;
        for (var group = 0; group < starts.Length - 1; group++)
        {
            largest = Math.Max(largest, starts[group + 1] - starts[group]);
        }

        var worklist = new int[largest];
        for (var group = 0; group < starts.Length - 1; group++)
        {
            BuildGroup(weights, starts[group], starts[group + 1], worklist);
        }
    }

    /// <summary>A position of the group.</summary>
    public int Draw(int group, ref SplitMix64 random)
    {
        var position = starts[group] + random.NextBelow(starts[group + 1] - starts[group]);
        return random.NextUnit() < keepBelow[position] ? position : aliases[position];
    }

    // The worklist holds two stacks, each growing towards the other: positions that are too light from its front, too heavy ones from its back.
    private void BuildGroup(double[] weights, int start, int end, int[] worklist)
    {
        double total = 0;
        for (var position = start; position < end; position++)
        {
            total += weights[position];
        }

        var (light, heavy) = (0, worklist.Length);
        for (var position = start; position < end; position++)
        {
            keepBelow[position] = weights[position] * (end - start) / total;
            Push(position);
        }

        while (light > 0 && heavy < worklist.Length)
        {
            var (small, large) = (worklist[--light], worklist[heavy++]);
            aliases[small] = large;
            keepBelow[large] -= 1 - keepBelow[small];
            Push(large);
        }

        // What is left misses 1 by rounding only.
        while (light > 0)
        {
            keepBelow[worklist[--light]] = 1;
        }

        while (heavy < worklist.Length)
        {
            keepBelow[worklist[heavy++]] = 1;
        }

        void Push(int position) => worklist[keepBelow[position] < 1 ? light++ : --heavy] = position;
    }
}
