using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Autograd.Devices;

/// <summary>
/// Where tensors live and operations run. Everything above this class sees addresses and the kernel families below, never a back end:
/// a device is added by deriving from it.
/// Work may be asynchronous (one in-order queue); only members whose name or documentation says so wait for it.
/// </summary>
public abstract class Device : IDisposable
{
    /// <summary>What a person calls the device, for example <c>cpu (2 threads)</c> or <c>NVIDIA H200</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Name and what else decides how fast the device is, for benchmark records.</summary>
    public virtual string Description => Name;

    /// <summary>The option value that selects this kind of device: <c>cpu</c> or <c>cuda</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Bytes allocated through <see cref="Allocate"/> and not freed yet; zero after a clean run.</summary>
    public abstract long LiveBytes { get; }

    /// <summary>Most bytes that were ever held at once; on a GPU with what the device keeps for itself, such as scratch memory.</summary>
    public abstract long PeakBytes { get; }

    /// <summary>Bytes of memory that the device has in all, for whoever keeps results as long as there is room.</summary>
    public abstract long TotalBytes { get; }

    /// <summary>Dense products.</summary>
    public abstract IDenseKernels Dense { get; }

    /// <summary>Element-wise blocks, activations and products of tokens.</summary>
    public abstract IElementwiseKernels Elementwise { get; }

    /// <summary>Batch normalisation and L2 normalisation.</summary>
    public abstract INormalisationKernels Normalisation { get; }

    /// <summary>Multi-head attention of the SA blocks.</summary>
    public abstract IAttentionKernels Attention { get; }

    /// <summary>Attention within histories and interests of users.</summary>
    public abstract ISequenceKernels Sequences { get; }

    /// <summary>The four history poolings.</summary>
    public abstract IPoolingKernels Pooling { get; }

    /// <summary>Embedding gathers and their gradients.</summary>
    public abstract IEmbeddingKernels Embedding { get; }

    /// <summary>Corrected batch softmax, item frequencies, regulariser.</summary>
    public abstract ILossKernels Loss { get; }

    /// <summary>Gradient clipping and Adam.</summary>
    public abstract IOptimiserKernels Optimiser { get; }

    /// <summary>Assembly of batches from data that lives on the device.</summary>
    public abstract IBatchKernels Batches { get; }

    /// <summary>Exact top-K by inner product.</summary>
    public abstract IRankingKernels Ranking { get; }

    /// <summary>Whole towers in a few launches; null where the device has none, or was told to run operations one by one.</summary>
    public virtual ITowerKernels? Towers => null;

    /// <summary>Histories from tables to pooled vectors in one launch; null likewise.</summary>
    public virtual IHistoryKernels? Histories => null;

    /// <summary>Allocates <paramref name="bytes"/> (64-byte aligned, contents undefined) on behalf of <paramref name="purpose"/>.</summary>
    /// <exception cref="DeviceMemoryException">Names what asked for how much, and what is held.</exception>
    public abstract nint Allocate(long bytes, string purpose);

    /// <summary>Frees memory from <see cref="Allocate"/>. Never throws.</summary>
    public abstract void Free(nint address);

    /// <summary>Copies host memory to the device; the source may be reused when the call returns.</summary>
    public abstract void Upload<T>(ReadOnlySpan<T> source, nint destination)
        where T : unmanaged;

    /// <summary>Waits for the queue and copies device memory to the host.</summary>
    public abstract void Download<T>(nint source, Span<T> destination)
        where T : unmanaged;

    /// <summary>Copies within the device.</summary>
    public abstract void Copy(nint source, nint destination, long bytes);

    /// <summary>Sets memory to zero bytes.</summary>
    public abstract void Zero(nint address, long bytes);

    /// <summary>
    /// Queues <paramref name="work"/>, which a device may run beside other work of this kind, the pooling of histories and look-ups that are
    /// queued next to it: none of them must need what another of them assigns. Everything else waits for it, such as a loss, an optimiser's
    /// step, a copy or <see cref="Zero"/>.
    /// </summary>
    public virtual void Beside(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        work();
    }

    /// <summary>Waits until everything queued has finished.</summary>
    public abstract void Synchronize();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the device holds.</summary>
    protected abstract void Dispose(bool disposing);
}
