using AutoTower.Kernels;
using AutoTower.Kernels.Memory;
using AutoTower.Kernels.Streams;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>
/// A stream beside the device's own, with scratch memory and counters of its own. What is queued in it starts after what the device's stream
/// had then; the device's stream waits for it only where it joins.
/// </summary>
internal sealed class SideStream : IDisposable
{
    private readonly CudaStream _main;
    private readonly CudaEvent _mayStart;
    private readonly CudaEvent _isDone;
    private bool _isPending;

    /// <summary>Creates the stream.</summary>
    /// <param name="context">The device.</param>
    /// <param name="main">The device's own stream.</param>
    /// <param name="pool">Memory in the order of <paramref name="main"/>.</param>
    /// <param name="counters">Zeros, as <see cref="CudaEngine.Counters"/>.</param>
    public SideStream(CudaContext context, CudaStream main, DeviceMemoryPool pool, IntegerArray counters)
    {
        _main = main;
        Counters = counters;
        Stream = new CudaStream(context);
        _mayStart = new CudaEvent(context, timing: false);
        _isDone = new CudaEvent(context, timing: false);
        Scratch = new DeviceScratch(pool, Follow);
    }

    /// <summary>The stream.</summary>
    public CudaStream Stream { get; }

    /// <summary>Memory for intermediate results within one operation.</summary>
    public DeviceScratch Scratch { get; }

    /// <summary>Zeros between launches.</summary>
    public IntegerArray Counters { get; }

    /// <summary>What is queued from now on starts after what the device's stream has so far.</summary>
    public void Follow()
    {
        _mayStart.Record(_main);
        Stream.WaitFor(_mayStart);
    }

    /// <summary>Notes that something was queued that the device's stream has to wait for.</summary>
    public void Mark()
    {
        _isDone.Record(Stream);
        _isPending = true;
    }

    /// <summary>Makes what the device's stream gets from now on wait for what was queued here. Nothing happens where there is none.</summary>
    public void Join()
    {
        if (_isPending)
        {
            _main.WaitFor(_isDone);
            _isPending = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Scratch.Dispose();
        _isDone.Dispose();
        _mayStart.Dispose();
        Stream.Dispose();
    }
}
