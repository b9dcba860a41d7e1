namespace AutoTower.Autograd.Devices.Cpu.Ranking;

/// <summary>
/// A score and its index as one number whose ascending order is the order of results: score descending, NaN behind every number, then
/// index ascending.
/// </summary>
internal static class RankedScore
{
    /// <summary>Behind every result: no result.</summary>
    public const ulong Missing = ulong.MaxValue;

    /// <summary>Packs a score and the index of its item.</summary>
    public static ulong Key(float score, int index) => (ulong)Order(score) << 32 | (uint)index;

    /// <summary>The index of a key; -1 for <see cref="Missing"/>.</summary>
    public static int Index(ulong key) => (int)(uint)key;

    /// <summary>The score of a key (zero without sign); minus infinity for <see cref="Missing"/>.</summary>
    public static float Score(ulong key)
    {
        if (key == Missing)
        {
            return float.NegativeInfinity;
        }

        var order = ~(uint)(key >> 32);
        return order == 0 ? float.NaN : BitConverter.UInt32BitsToSingle((order & 0x80000000) != 0 ? order & 0x7fffffff : ~order);
    }

    /// <summary>Larger scores get smaller numbers; the usual flip of the bits of negative floats, and all NaNs are one.</summary>
    private static uint Order(float score)
    {
        if (float.IsNaN(score))
        {
            return uint.MaxValue;
        }

        var bits = BitConverter.SingleToUInt32Bits(score + 0f); // + 0 turns -0 into 0, which compare equal.
        return ~((bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000);
    }
}
