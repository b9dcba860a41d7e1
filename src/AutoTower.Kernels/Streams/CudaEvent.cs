using AutoTower.Kernels.Handles;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels.Streams;

/// <summary>A mark in a stream: to wait for, or to time what lies between two of them on the device's own clock.</summary>
public sealed class CudaEvent : IDisposable
{
    private readonly CudaContext _context;
    private readonly DeviceHandle _handle;

    /// <summary>Creates an event.</summary>
    /// <param name="context">Context that it lives in.</param>
    /// <param name="timing">Whether it takes the time; an event only waited for is cheaper without.</param>
    public CudaEvent(CudaContext context, bool timing = true)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        context.MakeCurrent();
        uint flags = timing ? DriverFlags.CU_EVENT_DEFAULT : DriverFlags.CU_EVENT_DISABLE_TIMING;
        CudaException.ThrowIfFailed(LibCuda.cuEventCreate(out nint created, flags));
        _handle = new DeviceHandle(created, context, static handle => LibCuda.cuEventDestroy(handle));
    }

    /// <summary>Whether all work before the last record is done; true for an event that was never recorded.</summary>
    public bool IsComplete
    {
        get
        {
            _context.MakeCurrent();
            CUresult status = LibCuda.cuEventQuery(Handle);
            if (status == CUresult.CUDA_ERROR_NOT_READY)
            {
                return false;
            }
            CudaException.ThrowIfFailed(status, "cuEventQuery(event)");
            return true;
        }
    }

    internal nint Handle => _handle.Value;

    /// <summary>Puts the mark into a stream.</summary>
    /// <param name="stream">Stream whose work so far the event stands for.</param>
    public void Record(CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        nint handle = stream.Enter();
        CudaException.ThrowIfFailed(LibCuda.cuEventRecord(Handle, handle));
    }

    /// <summary>Waits on the host until the mark is reached.</summary>
    public void Synchronize()
    {
        _context.MakeCurrent();
        CudaException.ThrowIfFailed(LibCuda.cuEventSynchronize(Handle));
    }

    /// <summary>Milliseconds on the device between two events; both must be reached.</summary>
    /// <param name="start">The earlier event, with timing.</param>
    /// <returns>Milliseconds, with a resolution of about half a microsecond.</returns>
    public float MillisecondsSince(CudaEvent start)
    {
        ArgumentNullException.ThrowIfNull(start);
        _context.MakeCurrent();
        CudaException.ThrowIfFailed(LibCuda.cuEventElapsedTime(out float milliseconds, start.Handle, Handle));
        return milliseconds;
    }

    /// <summary>Destroys the event.</summary>
    public void Dispose() => _handle.Dispose();
}
