using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices.Cpu;

/// <summary>The reference device: host memory, vectorised kernels, all cores. Every call has finished when it returns.</summary>
public sealed unsafe class CpuDevice : Device
{
    private readonly CpuThreads _threads;
    private readonly ConcurrentDictionary<nint, long> _allocations = new();
    private readonly Lock _counting = new();
    private long _liveBytes;
    private long _peakBytes;

    /// <summary>Creates the device.</summary>
    /// <param name="threads">Number of threads; all processors where null. Results do not depend on it.</param>
    public CpuDevice(int? threads = null)
    {
        _threads = new CpuThreads(threads ?? Environment.ProcessorCount);
        Dense = new CpuDenseKernels(_threads);
        Elementwise = new CpuElementwiseKernels(_threads);
        Normalisation = new CpuNormalisationKernels(_threads);
        Attention = new CpuAttentionKernels(_threads);
        Sequences = new CpuSequenceKernels(_threads);
        Pooling = new CpuPoolingKernels(_threads);
        Embedding = new CpuEmbeddingKernels(_threads);
        Loss = new CpuLossKernels(_threads);
        Optimiser = new CpuOptimiserKernels(_threads);
        Batches = new CpuBatchKernels(_threads);
        Ranking = new CpuRankingKernels(_threads);
    }

    /// <inheritdoc/>
    public override string Name => $"cpu ({_threads.Count} thread{(_threads.Count == 1 ? string.Empty : "s")})";

    /// <inheritdoc/>
    public override string Kind => "cpu";

    /// <inheritdoc/>
    public override long LiveBytes => Interlocked.Read(ref _liveBytes);

    /// <inheritdoc/>
    public override long PeakBytes => Interlocked.Read(ref _peakBytes);

    /// <inheritdoc/>
    public override long TotalBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <inheritdoc/>
    public override IDenseKernels Dense { get; }

    /// <inheritdoc/>
    public override IElementwiseKernels Elementwise { get; }

    /// <inheritdoc/>
    public override INormalisationKernels Normalisation { get; }

    /// <inheritdoc/>
    public override IAttentionKernels Attention { get; }

    /// <inheritdoc/>
    public override ISequenceKernels Sequences { get; }

    /// <inheritdoc/>
    public override IPoolingKernels Pooling { get; }

    /// <inheritdoc/>
    public override IEmbeddingKernels Embedding { get; }

    /// <inheritdoc/>
    public override ILossKernels Loss { get; }

    /// <inheritdoc/>
    public override IOptimiserKernels Optimiser { get; }

    /// <inheritdoc/>
    public override IBatchKernels Batches { get; }

    /// <inheritdoc/>
    public override IRankingKernels Ranking { get; }

    /// <inheritdoc/>
    public override nint Allocate(long bytes, string purpose)
    {
        try
        {
            var address = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);
            _allocations[address] = bytes;
            Count(bytes);
            return address;
        }
        catch (OutOfMemoryException)
        {
            throw new DeviceMemoryException($"Out of host memory: {purpose} asked for {bytes:N0} bytes while {LiveBytes:N0} bytes are held.");
        }
    }

    /// <inheritdoc/>
    public override void Free(nint address)
    {
        if (_allocations.TryRemove(address, out var bytes))
        {
            Count(-bytes);
            NativeMemory.AlignedFree((void*)address);
        }
    }

    /// <inheritdoc/>
    public override void Upload<T>(ReadOnlySpan<T> source, nint destination) => source.CopyTo(new Span<T>((void*)destination, source.Length));

    /// <inheritdoc/>
    public override void Download<T>(nint source, Span<T> destination) => new ReadOnlySpan<T>((void*)source, destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    public override void Copy(nint source, nint destination, long bytes) => Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);

    /// <inheritdoc/>
    public override void Zero(nint address, long bytes) => NativeMemory.Clear((void*)address, (nuint)bytes);

    /// <inheritdoc/>
    public override void Synchronize()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _threads.Dispose();
        }

        foreach (var address in _allocations.Keys)
        {
            Free(address);
        }
    }

    private void Count(long bytes)
    {
        lock (_counting)
        {
            _liveBytes += bytes;
            _peakBytes = Math.Max(_peakBytes, _liveBytes);
        }
    }
}
