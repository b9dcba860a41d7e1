namespace AutoTower.Search.Retrieval;

/// <summary>Rounding to the upper half of a float.</summary>
public static class BFloat16Rounding
{
    private const uint QuietBit = 0x40;

    /// <summary>The nearest bfloat16 of each value, ties to even; NaN stays NaN.</summary>
    public static void Round(ReadOnlySpan<float> values, Span<ushort> rounded)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var bits = BitConverter.SingleToUInt32Bits(values[i]);
            rounded[i] = float.IsNaN(values[i]) ? (ushort)((bits >> 16) | QuietBit) : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
        }
    }
}
