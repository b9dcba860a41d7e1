using AutoTower.Kernels.Handles;
using AutoTower.Kernels.Native;
using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Graphs;

/// <summary>A graph that is ready to launch, any number of times.</summary>
public sealed class CudaGraphExec : IDisposable
{
    private readonly DeviceHandle _handle;

    internal CudaGraphExec(CudaContext context, nint executable) =>
        _handle = new DeviceHandle(executable, context, static executable => LibCuda.cuGraphExecDestroy(executable));

    /// <summary>Copies the graph to the device ahead of its first launch.</summary>
    /// <param name="stream">Stream that does it.</param>
    public void Upload(CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        CudaException.ThrowIfFailed(LibCuda.cuGraphUpload(_handle.Value, stream.Enter()));
    }

    /// <summary>Puts one run of the graph into a stream; the host does not wait.</summary>
    /// <param name="stream">Stream that runs it.</param>
    public void Launch(CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        CudaException.ThrowIfFailed(LibCuda.cuGraphLaunch(_handle.Value, stream.Enter()));
    }

    /// <summary>Destroys the executable once its runs are done.</summary>
    public void Dispose() => _handle.Dispose();
}
