using System.Runtime.Intrinsics;

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
        var word = (int)(Position % 4);
        return Block(Position++ / 4)[word];
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

    /// <summary>Fills <paramref name="values"/> with what as many calls of <see cref="NextUniform"/> would give.</summary>
    public void NextUniforms(Span<float> values)
    {
        while (Position % 4 != 0 && !values.IsEmpty)
        {
            values[0] = NextUniform();
            values = values[1..];
        }

        for (; values.Length >= 4; values = values[4..])
        {
            var words = Block(Position / 4);
            Position += 4;
            for (var i = 0; i < 4; i++)
            {
                values[i] = Philox.ToUniform(words[i]);
            }
        }

        foreach (ref var value in values)
        {
            value = NextUniform();
        }
    }

    /// <summary>A standard normal number (Box-Muller; two words each).</summary>
    public float NextNormal()
    {
        var radius = Math.Sqrt(-2.0 * Math.Log((NextWord() + 1.0) / 4294967296.0));
        return (float)(radius * Math.Cos(2.0 * Math.PI * (NextWord() / 4294967296.0)));
    }

    private Vector128<uint> Block(ulong block) =>
        Philox.Next(seed ^ (substream * 0x9E3779B97F4A7C15ul), (uint)block, (uint)(block >> 32), 0, (uint)stream);
}
