using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Search.Tests.Parity;

/// <summary>Passes everything on and counts what a training step must not do.</summary>
internal sealed class CountingDevice(Device inner) : Device
{
    /// <summary>Copies between host and device.</summary>
    public int HostCopies { get; private set; }

    /// <summary>Allocations, releases and waits.</summary>
    public int Interruptions { get; private set; }

    public override string Name => inner.Name;

    public override string Kind => inner.Kind;

    public override long LiveBytes => inner.LiveBytes;

    public override long PeakBytes => inner.PeakBytes;

    public override long TotalBytes => inner.TotalBytes;

    public override IDenseKernels Dense => inner.Dense;

    public override IElementwiseKernels Elementwise => inner.Elementwise;

    public override INormalisationKernels Normalisation => inner.Normalisation;

    public override IAttentionKernels Attention => inner.Attention;

    public override ISequenceKernels Sequences => inner.Sequences;

    public override IPoolingKernels Pooling => inner.Pooling;

    public override IEmbeddingKernels Embedding => inner.Embedding;

    public override ILossKernels Loss => inner.Loss;

    public override IOptimiserKernels Optimiser => inner.Optimiser;

    public override IBatchKernels Batches => inner.Batches;

    public override IRankingKernels Ranking => inner.Ranking;

    public override void Beside(Action work) => inner.Beside(work);

    public override nint Allocate(long bytes, string purpose)
    {
        Interruptions++;
        return inner.Allocate(bytes, purpose);
    }

    public override void Free(nint address)
    {
        Interruptions++;
        inner.Free(address);
    }

    public override void Upload<T>(ReadOnlySpan<T> source, nint destination)
    {
        HostCopies++;
        inner.Upload(source, destination);
    }

    public override void Download<T>(nint source, Span<T> destination)
    {
        HostCopies++;
        inner.Download(source, destination);
    }

    public override void Copy(nint source, nint destination, long bytes) => inner.Copy(source, destination, bytes);

    public override void Zero(nint address, long bytes) => inner.Zero(address, bytes);

    public override void Synchronize()
    {
        Interruptions++;
        inner.Synchronize();
    }

    /// <summary>The inner device belongs to somebody else.</summary>
    protected override void Dispose(bool disposing)
    {
    }
}
