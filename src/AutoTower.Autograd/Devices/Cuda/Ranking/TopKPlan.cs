using System.Numerics;

namespace AutoTower.Autograd.Devices.Cuda.Ranking;

/// <summary>
/// How a top-K search visits the items: in rounds over a pseudo-random order of tiles. A round offers candidates above the limits that the
/// rounds before it left; each round is about <c>growth</c> times as long as all before it, so that lists of fixed capacity suffice.
/// </summary>
/// <param name="Capacity">Candidates a query's list holds.</param>
/// <param name="TileItems">Items of a tile.</param>
/// <param name="TileCount">Tiles that cover the items.</param>
/// <param name="TileStep">Position p of the visiting order is tile p * TileStep mod TileCount.</param>
/// <param name="SampleEnd">
/// Position at which the sample ends whose largest estimates, one for every set of a few items, give the first limits; 0 for no sample.
/// </param>
/// <param name="RoundEnds">
/// Position at which each round ends. The first starts at 0; without a sample it has no more items than a list holds, since it keeps all.
/// </param>
/// <param name="EndsWithSelection">Whether lists are thinned out after the last round too, since they may be long.</param>
internal sealed record TopKPlan(
    int Capacity, int TileItems, int TileCount, int TileStep, int SampleEnd, IReadOnlyList<int> RoundEnds, bool EndsWithSelection)
{
    /// <summary>Shortest list.</summary>
    public const int SmallestCapacity = 1024;

    /// <summary>Longest list: what one block selects from.</summary>
    public const int LargestCapacity = 8192;

    /// <summary>Most items that are searched in one launch; MOST_ITEMS in topk_fused.cu.</summary>
    public const int FusedItems = 4096;

    /// <summary>Candidates of a query in such a launch; CAPACITY in topk_fused.cu.</summary>
    public const int FusedCapacity = 240;

    /// <summary>
    /// With a limit from n items, the number of candidates among g n more is negative-binomial: about g times a gamma variable of shape
    /// kept. This many is not passed but once in ten million queries.
    /// </summary>
    public static double ListLength(double kept) => kept + 5.2 * Math.Sqrt(kept) + 14;

    /// <summary>Candidates kept per query when k are wanted and estimates are uncertain, as a multiple of k.</summary>
    public const double KeptByScreening = 1.5;

    /// <summary>Capacity for a screened search.</summary>
    /// <param name="k">Results wanted.</param>
    /// <param name="excluded">Items excluded per query, on average.</param>
    public static int ScreeningCapacity(int k, long excluded) =>
        (int)Math.Clamp(BitOperations.RoundUpToPowerOf2((ulong)(16 * k + 2 * excluded)), SmallestCapacity, LargestCapacity);

    /// <summary>
    /// Whether a search fits one launch: few items, and lists that hold them all or most likely hold those that reach a limit. The limit is
    /// found when at most 1.125 k of at least 2 k sets of eight items reach it; -2 k ln(1 - 1.125 / 2) items do then, 166 for k = 100, and
    /// a list has room for five standard deviations more.
    /// </summary>
    /// <param name="items">Number of items.</param>
    /// <param name="k">Results wanted.</param>
    public static bool FitsOneLaunch(int items, int k) =>
        items <= FusedCapacity || (items <= FusedItems && k <= 100 && items >= 16 * k);

    /// <summary>Plans a search.</summary>
    /// <param name="items">Number of items, at least 1.</param>
    /// <param name="tileItems">Items of a tile; divides the capacity.</param>
    /// <param name="capacity">Length of the lists.</param>
    /// <param name="kept">Candidates that stay in a list after a round, expected.</param>
    /// <param name="setItems">Items of a set of the sample; divides <paramref name="tileItems"/>. 0 for no sample.</param>
    public static TopKPlan Create(int items, int tileItems, int capacity, double kept, int setItems = 0)
    {
        var tiles = (int)(((long)items + tileItems - 1) / tileItems);
        if (setItems > 0 && tiles > 1)
        {
            return Sampled(tiles, tileItems, capacity, kept, (int)Math.Min(tiles, (long)capacity * setItems / tileItems));
        }

        var first = Math.Min(tiles, capacity / tileItems);
        var ends = new List<int>();
        if (first < tiles)
        {
            var growth = capacity / ListLength(kept);
            var rounds = (int)Math.Ceiling(Math.Log((double)tiles / first) / Math.Log(growth));
            // As few items in the first round as the same number of rounds allows: it writes every one of them.
            first = Math.Clamp((int)Math.Ceiling(tiles / Math.Pow(growth, rounds)), Math.Min(first, (int)Math.Ceiling(kept / tileItems)), first);
            var ratio = Math.Pow((double)tiles / first, 1.0 / rounds);
            for (var round = 0; round < rounds; round++)
            {
                ends.Add((int)Math.Round(first * Math.Pow(ratio, round)));
            }
        }

        ends.Add(tiles);
        return new TopKPlan(capacity, tileItems, tiles, CoprimeStep(tiles), 0, ends, EndsWithSelection: true);
    }

    private static TopKPlan Sampled(int tiles, int tileItems, int capacity, double kept, int sample)
    {
        var rounds = Math.Max(1, (int)Math.Ceiling(Math.Log((double)tiles / sample) / Math.Log(capacity / ListLength(kept))));
        var ratio = Math.Pow((double)tiles / sample, 1.0 / rounds);
        var ends = Enumerable.Range(1, rounds).Select(round => round == rounds ? tiles : (int)Math.Round(sample * Math.Pow(ratio, round))).ToList();
        return new TopKPlan(capacity, tileItems, tiles, CoprimeStep(tiles), sample, ends, EndsWithSelection: ratio > 2);
    }

    /// <summary>Cuts the positions of a round among blocks so that the last wave of blocks is nearly full.</summary>
    /// <param name="groups">Groups of queries; each is searched by blocks of its own.</param>
    /// <param name="positions">Positions of the round.</param>
    /// <param name="slots">Blocks that run at once.</param>
    /// <returns>Positions a block.</returns>
    public static int PositionsABlock(int groups, int positions, int slots)
    {
        // Starting a block takes about as long as a tile.
        var best = positions;
        var bestTime = long.MaxValue;
        for (var parts = 1; parts <= Math.Min(positions, Math.Max(1, 4 * slots / groups)); parts++)
        {
            var length = (positions + parts - 1) / parts;
            var blocks = (long)groups * ((positions + length - 1) / length);
            var time = (blocks + slots - 1) / slots * (length + 1);
            if (time < bestTime)
            {
                (best, bestTime) = (length, time);
            }
        }

        return best;
    }

    private static int CoprimeStep(int count)
    {
        const double GoldenRatio = 0.6180339887;
        var step = Math.Max(1, (int)(count * GoldenRatio));
        while (BigInteger.GreatestCommonDivisor(step, count) != 1)
        {
            step++;
        }

        return step;
    }
}
