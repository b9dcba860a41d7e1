using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

internal sealed unsafe class CpuOptimiserKernels(CpuThreads threads) : IOptimiserKernels
{
    private const int ElementsAChunk = 1 << 14;

    /// <summary>Pieces of segments of at most <see cref="ElementsAChunk"/> elements; the list is kept from step to step.</summary>
    private readonly List<Chunk> _chunks = [];

    /// <summary>The update of each segment's group.</summary>
    private readonly List<AdamUpdate> _updates = [];

    public void ClipAndUpdate(ParameterSlabs slabs, ReadOnlySpan<ParameterSegment> segments, AdamSettings settings, Matrix norm)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Shape.Require(norm, 1, 1);
        Cut(segments);
        float* values = (float*)slabs.Values, gradients = (float*)slabs.Gradients;
        float* first = (float*)slabs.FirstMoments, second = (float*)slabs.SecondMoments;
        var total = GradientNorm(gradients);
        *(float*)norm.Address = (float)total;

        var clip = settings.MaximumNorm > 0 ? (float)Math.Min(1, settings.MaximumNorm / (total + 1e-6)) : 1;
        var steps = new Span<int>((int*)slabs.StepCounts.Address, slabs.StepCounts.Length);
        _updates.Clear();
        foreach (var segment in segments)
        {
            _updates.Add(new AdamUpdate(settings, clip, ++steps[segment.Group]));
        }

        threads.Run(_chunks.Count, index =>
        {
            var chunk = _chunks[index];
            var at = (nint)chunk.Offset;
            _updates[chunk.Segment].Apply(values + at, gradients + at, first + at, second + at, chunk.Length);
        });
    }

    private void Cut(ReadOnlySpan<ParameterSegment> segments)
    {
        _chunks.Clear();
        for (var i = 0; i < segments.Length; i++)
        {
            for (var done = 0; done < segments[i].Length; done += ElementsAChunk)
            {
                _chunks.Add(new Chunk(segments[i].Offset + done, Math.Min(ElementsAChunk, segments[i].Length - done), i));
            }
        }
    }

    private double GradientNorm(float* gradients)
    {
        using var memory = threads.Scratch.Rent<double>(_chunks.Count);
        var partial = memory.Pointer;
        threads.Run(_chunks.Count, index => partial[index] = SquareSums.Of(gradients + (nint)_chunks[index].Offset, _chunks[index].Length));
        var sum = 0.0;
        for (var i = 0; i < _chunks.Count; i++)
        {
            sum += partial[i];
        }

        return Math.Sqrt(sum);
    }

    private readonly record struct Chunk(long Offset, int Length, int Segment);
}
