using System.Runtime.InteropServices;

namespace AutoTower.Kernels.Handles;

/// <summary>
/// Owns one native object. Only an explicit Dispose destroys it: the finalizer runs on a thread without a context and at a time when the
/// device may be gone, so it just counts the object as forgotten. Destroying never throws.
/// </summary>
internal sealed class DeviceHandle : SafeHandle
{
    private static long _forgotten;
    private readonly CudaContext? _context;
    private readonly Action<nint> _destroy;
    private bool _disposedExplicitly;

    /// <param name="handle">The native object.</param>
    /// <param name="context">Context it lives in; null for objects without one. Once it is disposed the object is gone with it.</param>
    /// <param name="destroy">Destroys the object; its status is dropped.</param>
    internal DeviceHandle(nint handle, CudaContext? context, Action<nint> destroy)
        : base(nint.Zero, ownsHandle: true)
    {
        _context = context;
        _destroy = destroy;
        SetHandle(handle);
    }

    /// <summary>Objects of this process that were collected without having been disposed.</summary>
    internal static long Forgotten => Interlocked.Read(ref _forgotten);

    public override bool IsInvalid => handle == nint.Zero;

    /// <summary>The native object.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    internal nint Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _disposedExplicitly |= disposing;
        base.Dispose(disposing);
    }

    protected override bool ReleaseHandle()
    {
        if (!_disposedExplicitly)
        {
            Interlocked.Increment(ref _forgotten);
        }
        else if (_context is null || _context.TryMakeCurrent())
        {
            _destroy(handle);
        }
        return true;
    }
}
