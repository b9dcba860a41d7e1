namespace AutoTower.Device.Bench;

/// <summary>Normal numbers as a function of their position, made on all processors.</summary>
internal static class RandomVectors
{
    private const int Chunk = 1 << 16;

    public static float[] Normal(long count, ulong seed)
    {
        var values = new float[count];
        Parallel.For(0, (count + Chunk - 1) / Chunk, chunk =>
        {
            for (var i = chunk * Chunk; i < Math.Min(count, (chunk + 1) * Chunk); i += 2)
            {
                // Box and Muller's pair from one hash.
                var word = Mix(seed + (ulong)i * 0x9E3779B97F4A7C15);
                var radius = MathF.Sqrt(-2 * MathF.Log(((word >> 40) + 1) * (1f / (1 << 24))));
                var (sine, cosine) = MathF.SinCos((word & 0xffffff) * (MathF.Tau / (1 << 24)));
                values[i] = radius * cosine;
                if (i + 1 < count)
                {
                    values[i + 1] = radius * sine;
                }
            }
        });
        return values;
    }

    private static ulong Mix(ulong word)
    {
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
        return word ^ (word >> 31);
    }
}
