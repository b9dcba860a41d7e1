using AutoTower.Kernels.Handles;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels.Streams;

/// <summary>A queue of device work; work of one stream runs in order. It never waits for the legacy default stream.</summary>
public sealed class CudaStream : IDisposable
{
    private readonly DeviceHandle _handle;

    /// <summary>Creates a stream.</summary>
    /// <param name="context">Context that it lives in.</param>
    /// <param name="priority">Lower numbers go first; 0 is the default.</param>
    public CudaStream(CudaContext context, int priority = 0)
    {
        ArgumentNullException.ThrowIfNull(context);
        Context = context;
        context.MakeCurrent();
        CudaException.ThrowIfFailed(LibCuda.cuStreamCreateWithPriority(out nint stream, DriverFlags.CU_STREAM_NON_BLOCKING, priority));
        _handle = new DeviceHandle(stream, context, static stream => LibCuda.cuStreamDestroy(stream));
    }

    /// <summary>Context that the stream lives in.</summary>
    public CudaContext Context { get; }

    /// <summary>Whether work put into the stream is being captured into a graph instead of run.</summary>
    public bool IsCapturing
    {
        get
        {
            CudaException.ThrowIfFailed(LibCuda.cuStreamIsCapturing(Enter(), out CUstreamCaptureStatus status));
            return status != CUstreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_NONE;
        }
    }

    /// <summary>Waits on the host until all work put into the stream so far is done.</summary>
    public void Synchronize() => CudaException.ThrowIfFailed(LibCuda.cuStreamSynchronize(Enter()));

    /// <summary>Makes later work of this stream wait on the device for an event; the host does not wait.</summary>
    /// <param name="awaited">An event recorded in another stream.</param>
    public void WaitFor(CudaEvent awaited)
    {
        ArgumentNullException.ThrowIfNull(awaited);
        CudaException.ThrowIfFailed(LibCuda.cuStreamWaitEvent(Enter(), awaited.Handle, 0));
    }

    /// <summary>Destroys the stream once its work is done; does not wait for that.</summary>
    public void Dispose() => _handle.Dispose();

    /// <summary>For release paths: the native stream with its context made current, or false when either is gone.</summary>
    internal bool TryEnter(out nint handle)
    {
        bool usable = !_handle.IsClosed && Context.TryMakeCurrent();
        handle = usable ? _handle.Value : nint.Zero;
        return usable;
    }

    /// <summary>The native stream, with its context made current on the calling thread.</summary>
    internal nint Enter()
    {
        Context.MakeCurrent();
        return _handle.Value;
    }
}
