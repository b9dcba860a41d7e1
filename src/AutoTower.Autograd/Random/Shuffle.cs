using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AutoTower.Autograd.Random;

/// <summary>
/// A keyed bijection of [0, n): the position-th element of a shuffled order, without storing the order. A four-round Feistel network
/// over the next even power of two, walked until it lands below n; a GPU thread computes its own element.
/// </summary>
public readonly struct Shuffle
{
    private readonly uint _count;
    private readonly int _halfBits;
    private readonly ulong _seed;
    private readonly uint _epoch;

    /// <summary>The shuffled order number <paramref name="epoch"/> of <paramref name="count"/> elements under <paramref name="seed"/>.</summary>
    public Shuffle(int count, ulong seed, uint epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        _count = (uint)count;
        _seed = seed;
        _epoch = epoch;
        var bits = 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)count - 1);
        _halfBits = Math.Max(1, (bits + 1) / 2);
    }

    /// <summary>The element at <paramref name="position"/> in [0, n).</summary>
    public int this[int position]
    {
        get
        {
            var value = (uint)position;
            do
            {
                value = Permute(value);
            }
            while (value >= _count);
            return (int)value;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Permute(uint value)
    {
        var mask = (1u << _halfBits) - 1;
        var left = value >> _halfBits;
        var right = value & mask;
        for (uint round = 0; round < 4; round++)
        {
            var mixed = Philox.Next(_seed, right, round, _epoch, (uint)RandomStream.Shuffle).ToScalar();
            (left, right) = (right, left ^ (mixed & mask));
        }

        return (left << _halfBits) | right;
    }
}
