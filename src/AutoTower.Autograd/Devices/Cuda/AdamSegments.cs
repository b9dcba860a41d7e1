using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>The parameter segments of one launch, laid out as Segments in adam.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct AdamSegments
{
    /// <summary>Most segments of one launch.</summary>
    public const int Most = 32;

    /// <summary>Elements that a block updates.</summary>
    public const int ChunkLength = 2048;

    private fixed long _offset[Most];
    private fixed int _length[Most];
    private fixed int _counter[Most];
    private fixed int _firstChunk[Most + 1];
    private int _count;

    /// <summary>Takes up to <see cref="Most"/> segments.</summary>
    public AdamSegments(ReadOnlySpan<ParameterSegment> segments)
    {
        foreach (var segment in segments)
        {
            _offset[_count] = segment.Offset;
            _length[_count] = segment.Length;
            _counter[_count] = segment.Counter;
            _firstChunk[_count + 1] = checked(_firstChunk[_count] + ((segment.Length + ChunkLength - 1) / ChunkLength));
            _count++;
        }
    }

    /// <summary>Chunks of all segments.</summary>
    public readonly int Chunks => _firstChunk[_count];
}
