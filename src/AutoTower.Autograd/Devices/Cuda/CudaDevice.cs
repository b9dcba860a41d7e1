using System.Collections.Concurrent;
using AutoTower.Autograd.Devices.Cuda.Histories;
using AutoTower.Autograd.Devices.Cuda.Ranking;
using AutoTower.Autograd.Devices.Cuda.Towers;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Kernels;
using AutoTower.Kernels.Memory;
using AutoTower.Kernels.Streams;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>
/// An NVIDIA GPU. Calls are queued in one stream and return at once; only <see cref="Upload"/>, <see cref="Download"/> and
/// <see cref="Synchronize"/> wait.
/// </summary>
public sealed class CudaDevice : Device
{
    private readonly CudaEngine _engine;
    private readonly ConcurrentDictionary<nint, CudaDeviceVariable<byte>> _allocations = new();
    private long _liveBytes;

    /// <summary>Opens the GPU and loads all kernels, which are compiled when the cache does not have them.</summary>
    /// <param name="options">How it computes; null for the defaults.</param>
    /// <exception cref="CudaDeviceUnavailableException">There is no usable GPU; the message says why.</exception>
    /// <exception cref="CudaLibraryNotFoundException">NVRTC or cuBLAS is missing.</exception>
    /// <exception cref="NvrtcException">A kernel does not compile.</exception>
    /// <exception cref="DeviceMemoryException">The GPU has no room for the workspace.</exception>
    public CudaDevice(CudaDeviceOptions? options = null)
    {
        _engine = NamingMemory(() => new CudaEngine(options ?? new CudaDeviceOptions()));
        try
        {
            Dense = new CudaDenseKernels(_engine);
            Elementwise = new CudaElementwiseKernels(_engine);
            Normalisation = new CudaNormalisationKernels(_engine);
            Attention = new CudaAttentionKernels(_engine);
            Sequences = new CudaSequenceKernels(_engine);
            Pooling = new CudaPoolingKernels(_engine);
            Embedding = new CudaEmbeddingKernels(_engine);
            Loss = new CudaLossKernels(_engine);
            Optimiser = new CudaOptimiserKernels(_engine);
            Batches = new CudaBatchKernels(_engine);
            Ranking = CudaRankingKernels.IsWanted(_engine.Context, _engine.Options) ? new CudaRankingKernels(_engine) : new CudaPlainRankingKernels(_engine);
            Towers = CudaTowerKernels.IsSupported(_engine.Context, _engine.Options) ? new CudaTowerKernels(_engine) : null;
            Histories = CudaHistoryKernels.IsSupported(_engine.Context, _engine.Options) ? new CudaHistoryKernels(_engine) : null;
        }
        catch
        {
            _engine.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string Name => _engine.Context.Name;

    /// <inheritdoc/>
    public override string Description =>
        $"{Name}, CUDA {_engine.Context.DriverVersion} driver, {_engine.Options.Precision.ToString().ToLowerInvariant()}"
        + $"{(_engine.Options.Deterministic ? ", deterministic" : string.Empty)}{(Towers is null ? ", operations one by one" : string.Empty)}";

    /// <inheritdoc/>
    public override string Kind => "cuda";

    /// <inheritdoc/>
    public override long LiveBytes => Interlocked.Read(ref _liveBytes);

    /// <inheritdoc/>
    public override long PeakBytes => _engine.Pool.PeakBytes;

    /// <inheritdoc/>
    public override long TotalBytes => _engine.Context.TotalMemory;

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
    public override ITowerKernels? Towers { get; }

    /// <inheritdoc/>
    public override IHistoryKernels? Histories { get; }

    /// <summary>What the families share; for graphs over whole steps.</summary>
    internal CudaEngine Engine => _engine;

    /// <inheritdoc/>
    public override nint Allocate(long bytes, string purpose)
    {
        var memory = NamingMemory(() => _engine.Pool.Allocate<byte>(bytes, purpose));
        _allocations[memory.Pointer] = memory;
        Interlocked.Add(ref _liveBytes, bytes);
        return memory.Pointer;
    }

    /// <inheritdoc/>
    public override void Free(nint address)
    {
        if (_allocations.TryRemove(address, out var memory))
        {
            Interlocked.Add(ref _liveBytes, -memory.Length);
            memory.Dispose();
        }
    }

    /// <inheritdoc/>
    public override void Upload<T>(ReadOnlySpan<T> source, nint destination) =>
        new CudaDeviceView<T>(destination, source.Length).CopyFromHostAndWait(source, _engine.Stream);

    /// <inheritdoc/>
    public override void Download<T>(nint source, Span<T> destination) =>
        new CudaDeviceView<T>(source, destination.Length).ReadToHostAndWait(destination, _engine.Stream);

    /// <inheritdoc/>
    public override void Copy(nint source, nint destination, long bytes) =>
        new CudaDeviceView<byte>(destination, bytes).CopyFrom(new CudaDeviceView<byte>(source, bytes), _engine.Stream);

    /// <inheritdoc/>
    public override void Zero(nint address, long bytes) => new CudaDeviceView<byte>(address, bytes).Clear(_engine.Stream);

    /// <inheritdoc/>
    public override void Beside(Action work) => _engine.Beside(work);

    /// <inheritdoc/>
    public override void Synchronize() => _engine.Stream.Synchronize();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // The pool of the engine frees what is left.
            _engine.Dispose();
        }
    }

    // The layers above know one exception for "no room"; its message already names who asked for how much and what is held.
    private static T NamingMemory<T>(Func<T> allocate)
    {
        try
        {
            return allocate();
        }
        catch (DeviceOutOfMemoryException failure)
        {
            throw new DeviceMemoryException(failure.Message, failure);
        }
    }
}
