namespace AutoTower.Search.Data;

/// <summary>
/// Counter-based random numbers for data (SplitMix64, Steele et al. 2014): draw number i of a stream is a hash of seed, stream and i,
/// in integer arithmetic alone, so that a seed means the same data and the same split on every machine.
/// </summary>
internal struct SplitMix64
{
    private const ulong Increment = 0x9E3779B97F4A7C15;
    private ulong counter;

    /// <summary>The stream of that number; streams of one seed are independent.</summary>
    public SplitMix64(ulong seed, ulong stream) => counter = Mix(Mix(seed + Increment) ^ Mix((stream * Increment) + 1));

    /// <summary>64 random bits.</summary>
    public ulong NextBits() => Mix(counter += Increment);

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextUnit() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 .. bound - 1, without bias (Lemire 2019).</summary>
    public int NextBelow(int bound)
    {
        var high = Math.BigMul(NextBits(), (ulong)bound, out var low);
        if (low < (ulong)bound)
        {
            var threshold = (0UL - (ulong)bound) % (ulong)bound;
            while (low < threshold)
            {
                high = Math.BigMul(NextBits(), (ulong)bound, out low);
            }
        }

        return (int)high;
    }

    /// <summary>Fisher-Yates.</summary>
    public void Shuffle(Span<int> values)
    {
        for (var last = values.Length - 1; last > 0; last--)
        {
            var other = NextBelow(last + 1);
            (values[last], values[other]) = (values[other], values[last]);
        }
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
