using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Random;

namespace AutoTower.Autograd.Devices.Cpu.Pooling;

/// <summary>The factors 0 or 1/(1-rate) of a step's attention weights (b, i, j), drawn as <see cref="Dropout"/> says.</summary>
internal readonly struct DropoutMask
{
    private readonly Dropout _dropout;
    private readonly int _length;
    private readonly uint _step;
    private readonly float[] _factors;

    public DropoutMask(Dropout dropout, int length)
    {
        _dropout = dropout;
        _length = length;
        _step = dropout.Rate > 0 ? (uint)dropout.Clock.AsSpan()[0] : 0;
        _factors = dropout.Rate > 0 ? new float[length] : [];
    }

    /// <summary>target[j] += factor * mask(b, i, start + j) * values[j].</summary>
    public void AddKept(ReadOnlySpan<float> values, int b, int i, int start, float factor, Span<float> target)
    {
        if (_dropout.Rate > 0)
        {
            var mask = Draw(b, i, start, factor)[..values.Length];
            TensorPrimitives.MultiplyAdd(values, mask, target[..values.Length], target);
        }
        else
        {
            TensorPrimitives.MultiplyAdd(values, factor, target[..values.Length], target);
        }
    }

    /// <summary>result[j] = factor * mask(b, i, start + j) * values[j].</summary>
    public void Multiply(ReadOnlySpan<float> values, int b, int i, int start, float factor, Span<float> result)
    {
        if (_dropout.Rate > 0)
        {
            TensorPrimitives.Multiply(values, Draw(b, i, start, factor)[..values.Length], result);
        }
        else
        {
            TensorPrimitives.Multiply(values, factor, result);
        }
    }

    private ReadOnlySpan<float> Draw(int b, int i, int start, float factor)
    {
        var kept = factor / (1 - _dropout.Rate);
        var index = ((((long)b * _length) + i) * _length) + start;
        var count = _length - start;
        for (var j = 0; j < count;)
        {
            var block = (ulong)(index + j) / 4;
            var words = Philox.Next(_dropout.Seed, (uint)block, (uint)(block >> 32), _step, (uint)RandomStream.Dropout);
            for (var word = (int)((index + j) % 4); word < 4 && j < count; word++, j++)
            {
                _factors[j] = Philox.ToUniform(words[word]) >= _dropout.Rate ? kept : 0;
            }
        }

        return _factors;
    }
}
