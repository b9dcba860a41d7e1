using System.Numerics;

namespace AutoTower.Autograd.Devices.Cpu.Pooling;

/// <summary>
/// The keys of one history, transposed to (d, L rounded up to whole vectors), so that a query's scores against all keys are sums of
/// vectors and need no sum across lanes.
/// </summary>
internal readonly unsafe struct TransposedKeys
{
    private readonly float* _keys;
    private readonly int _width;
    private readonly int _count;
    private readonly int _stride;

    /// <summary>Transposes <paramref name="keys"/> (valid rows, d) into <paramref name="memory"/>.</summary>
    public TransposedKeys(float* memory, Matrix keys)
    {
        _keys = memory;
        _width = keys.Columns;
        _count = keys.Rows;
        _stride = RoundUp(keys.Rows);
        new Span<float>(memory, _width * _stride).Clear();
        for (var j = 0; j < _count; j++)
        {
            var key = keys.Row(j);
            for (var c = 0; c < key.Length; c++)
            {
                memory[(c * _stride) + j] = key[c];
            }
        }
    }

    /// <summary>Elements needed for histories of <paramref name="length"/> rows of <paramref name="width"/>, one vector to spill into.</summary>
    public static long Size(int width, int length) => ((long)width * RoundUp(length)) + Vector<float>.Count;

    /// <summary>scores[j] = factor * (query . key j).</summary>
    public void Scores(ReadOnlySpan<float> query, float factor, Span<float> scores)
    {
        var spill = stackalloc float[Vector<float>.Count];
        for (var first = 0; first < _count; first += Vector<float>.Count)
        {
            var even = Vector<float>.Zero;
            var odd = Vector<float>.Zero;
            var column = _keys + first;
            var c = 0;
            for (; c + 1 < _width; c += 2, column += 2 * _stride)
            {
                even += Vector.Load(column) * query[c];
                odd += Vector.Load(column + _stride) * query[c + 1];
            }

            if (c < _width)
            {
                even += Vector.Load(column) * query[c];
            }

            var count = Math.Min(Vector<float>.Count, _count - first);
            ((even + odd) * factor).Store(spill);
            new Span<float>(spill, count).CopyTo(scores.Slice(first, count));
        }
    }

    private static int RoundUp(int length) => (length + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;
}
