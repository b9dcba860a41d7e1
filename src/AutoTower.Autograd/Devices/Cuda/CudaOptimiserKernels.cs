using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>
/// Launches of adam.cu: two, and two more for every further <see cref="AdamSegments.Most"/> segments; for tables that are updated by row, those
/// of adam_rows.cu beside them.
/// </summary>
internal sealed class CudaOptimiserKernels(CudaEngine engine) : IOptimiserKernels
{
    private const int Threads = 256;

    /// <summary>Blocks of one launch that sum squares; a constant, so that the order of the sum does not depend on the GPU.</summary>
    private const int MostNormBlocks = 1024;

    private readonly CudaKernel _norm = engine.Kernel("adam.cu", "adam_norm");
    private readonly CudaKernel _update = engine.Kernel("adam.cu", "adam_update");

    private readonly CudaRowUpdates _rows = new(engine);

    public void ClipAndUpdate(
        ParameterSlabs slabs, ReadOnlySpan<ParameterSegment> segments, ReadOnlySpan<TouchedRows> rows, AdamRule rule, Matrix norm)
    {
        Shape.Require(norm, 1, 1);
        var rowBlocks = CudaRowUpdates.NormBlocks(rows);
        var blocks = rowBlocks;
        for (var first = 0; first < segments.Length; first += AdamSegments.Most)
        {
            blocks += NormBlocks(Part(segments, first));
        }

        // What the launches tell each other: sums of squares, and the gradient factor.
        var partials = engine.Scratch.Reserve(((long)blocks * sizeof(double)) + sizeof(float));
        var factor = partials + (nint)blocks * sizeof(double);
        var values = new AdamKernelRule(rule);
        var parts = new AdamNormParts(partials, factor, norm.Address, engine.Counters.Address, blocks, FirstPartial: 0);
        _rows.Norm(slabs, rows, values, parts);
        parts = parts with { FirstPartial = rowBlocks };
        for (var first = 0; first < segments.Length; first += AdamSegments.Most)
        {
            var part = Part(segments, first);
            var arguments = new KernelArguments();
            arguments.Add(slabs.Gradients).Add(part).Add(values).Add(slabs.StepCounts.Address).Add(parts);
            engine.Launch(_norm, NormBlocks(part), Threads, 0, arguments);
            parts = parts with { FirstPartial = parts.FirstPartial + NormBlocks(part) };
        }

        for (var first = 0; first < segments.Length; first += AdamSegments.Most)
        {
            var part = Part(segments, first);
            var arguments = new KernelArguments();
            arguments.Add(slabs.Values).Add(slabs.Gradients).Add(slabs.FirstMoments).Add(slabs.SecondMoments).Add(part).Add(values)
                .Add(slabs.StepCounts.Address).Add(factor);
            engine.Launch(_update, part.Chunks, Threads, 0, arguments, dependent: true);
        }

        _rows.Update(slabs, rows, values, factor);
    }

    public void Prepare(ParameterSlabs slabs, ReadOnlySpan<TouchedRows> rows, AdamRule rule) => _rows.Prepare(slabs, rows, rule);

    public void Discard(ParameterSlabs slabs, ReadOnlySpan<TouchedRows> rows)
    {
        _rows.Discard(slabs, rows);
    }

    public void CatchUp(ParameterSlabs slabs, ReadOnlySpan<RowTable> tables, AdamRule rule) => _rows.CatchUp(slabs, tables, rule);

    private static AdamSegments Part(ReadOnlySpan<ParameterSegment> segments, int first) =>
        new(segments[first..Math.Min(segments.Length, first + AdamSegments.Most)]);

    /// <summary>At least one: it also counts the updates of groups without elements.</summary>
    private static int NormBlocks(in AdamSegments segments) => Math.Clamp(segments.Chunks, 1, MostNormBlocks);
}
