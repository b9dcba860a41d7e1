using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels.Launch;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>Launches of adam.cu: two, and two more for every further <see cref="AdamSegments.Most"/> segments.</summary>
internal sealed class CudaOptimiserKernels(CudaEngine engine) : IOptimiserKernels
{
    private const int Threads = 256;

    /// <summary>Blocks of one launch that sum squares; a constant, so that the order of the sum does not depend on the GPU.</summary>
    private const int MostNormBlocks = 1024;
    private const int CorrectionBytes = 2 * sizeof(float);

    private readonly CudaKernel _norm = engine.Kernel("adam.cu", "adam_norm");
    private readonly CudaKernel _update = engine.Kernel("adam.cu", "adam_update");

    public void ClipAndUpdate(ParameterSlabs slabs, ReadOnlySpan<ParameterSegment> segments, AdamSettings settings, Matrix norm)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Shape.Require(norm, 1, 1);
        engine.JoinSide();
        var blocks = 0;
        for (var first = 0; first < segments.Length; first += AdamSegments.Most)
        {
            blocks += NormBlocks(Part(segments, first));
        }

        // What the launches tell each other: sums of squares, corrections a segment, the gradient factor.
        var partials = engine.Scratch.Reserve(((long)blocks * sizeof(double)) + ((long)segments.Length * CorrectionBytes) + sizeof(float));
        var corrections = partials + (nint)blocks * sizeof(double);
        var factor = corrections + (nint)segments.Length * CorrectionBytes;
        var values = new Settings(settings);
        for (int first = 0, partial = 0; first < segments.Length; first += AdamSegments.Most)
        {
            var part = Part(segments, first);
            var arguments = new KernelArguments();
            arguments.Add(slabs.Gradients).Add(part).Add(values).Add(slabs.StepCounts.Address).Add(partial).Add(blocks).Add(partials)
                .Add(corrections + (nint)first * CorrectionBytes).Add(factor).Add(norm.Address).Add(engine.Counters.Address);
            engine.Launch(_norm, NormBlocks(part), Threads, 0, arguments);
            partial += NormBlocks(part);
        }

        for (var first = 0; first < segments.Length; first += AdamSegments.Most)
        {
            var part = Part(segments, first);
            var arguments = new KernelArguments();
            arguments.Add(slabs.Values).Add(slabs.Gradients).Add(slabs.FirstMoments).Add(slabs.SecondMoments).Add(part).Add(values)
                .Add(corrections + (nint)first * CorrectionBytes).Add(factor);
            engine.Launch(_update, part.Chunks, Threads, 0, arguments);
        }
    }

    private static AdamSegments Part(ReadOnlySpan<ParameterSegment> segments, int first) =>
        new(segments[first..Math.Min(segments.Length, first + AdamSegments.Most)]);

    /// <summary>At least one: it also counts the updates of groups without elements.</summary>
    private static int NormBlocks(in AdamSegments segments) => Math.Clamp(segments.Chunks, 1, MostNormBlocks);

    /// <summary>Settings in adam.cu.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Settings(AdamSettings settings)
    {
        private readonly float _learningRate = settings.LearningRate;
        private readonly float _beta1 = settings.Beta1;
        private readonly float _beta2 = settings.Beta2;
        private readonly float _epsilon = settings.Epsilon;
        private readonly float _weightDecay = settings.WeightDecay;
        private readonly float _maximumNorm = settings.MaximumNorm;
    }
}
