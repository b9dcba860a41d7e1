namespace AutoTower.Autograd.Random;

/// <summary>
/// A sequence of random numbers whose whole state is (seed, stream, position), so that a run can be resumed from any point.
/// </summary>
public sealed class CounterRandom(ulong seed, RandomStream stream, ulong substream = 0)
{
    /// <summary>Number of words drawn so far; may be set to resume.</summary>
    public ulong Position { get; set; }

    /// <summary>The next 32 random bits.</summary>
    public uint NextWord()
    {
        var block = Position / 4;
        var word = (int)(Position % 4);
        Position++;
        return Philox.Next(seed ^ (substream * 0x9E3779B97F4A7C15ul), (uint)block, (uint)(block >> 32), 0, (uint)stream)[word];
    }

    /// <summary>A uniform integer in [0, bound).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is not positive.</exception>
    public int NextInteger(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)(((ulong)NextWord() * (ulong)bound) >> 32);
    }

    /// <summary>A uniform number in [0, 1).</summary>
    public float NextUniform() => Philox.ToUniform(NextWord());

    /// <summary>A standard normal number (Box-Muller; two words each).</summary>
    public float NextNormal()
    {
        var radius = Math.Sqrt(-2.0 * Math.Log((NextWord() + 1.0) / 4294967296.0));
        return (float)(radius * Math.Cos(2.0 * Math.PI * (NextWord() / 4294967296.0)));
    }
}
