namespace AutoTower.Kernels.Memory;

/// <summary>Device memory with one owner: this object. Disposing it gives the memory back to the pool that it came from.</summary>
/// <typeparam name="T">Element type.</typeparam>
public sealed class CudaDeviceVariable<T> : IDisposable
    where T : unmanaged
{
    private readonly DeviceMemoryPool _pool;
    private readonly CudaDeviceView<T> _view;
    private bool _disposed;

    internal CudaDeviceVariable(DeviceMemoryPool pool, nint pointer, long length, string name)
    {
        _pool = pool;
        _view = new CudaDeviceView<T>(pointer, length);
        Name = name;
    }

    /// <summary>Who asked for the memory.</summary>
    public string Name { get; }

    /// <summary>The whole range, not owned.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public CudaDeviceView<T> View
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _view;
        }
    }

    /// <summary>Device address of the first element.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public nint Pointer => View.Pointer;

    /// <summary>Number of elements.</summary>
    public long Length => _view.Length;

    /// <summary>Gives the memory back, after what was put into the pool's stream before; a second call does nothing.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _pool.Release(_view.Pointer);
        }
    }
}
