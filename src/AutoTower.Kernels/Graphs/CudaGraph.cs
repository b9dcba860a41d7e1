using AutoTower.Kernels.Handles;
using AutoTower.Kernels.Launch;
using AutoTower.Kernels.Native;
using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Graphs;

/// <summary>
/// Device work with its order, captured from a stream or built node by node, that runs as one launch. It records addresses: memory and
/// modules that its kernels use must outlive every launch.
/// </summary>
public sealed unsafe class CudaGraph : IDisposable
{
    private readonly CudaContext _context;
    private readonly DeviceHandle? _owner;
    private readonly nint _handle;

    /// <summary>Creates an empty graph.</summary>
    /// <param name="context">Context that its nodes run in.</param>
    public CudaGraph(CudaContext context)
        : this(context, Create(context), owned: true)
    {
    }

    internal CudaGraph(CudaContext context, nint handle, bool owned)
    {
        _context = context;
        _handle = handle;
        _owner = owned ? new DeviceHandle(handle, context, static graph => LibCuda.cuGraphDestroy(graph)) : null;
    }

    /// <summary>Number of nodes, those inside conditional bodies not counted.</summary>
    public int NodeCount
    {
        get
        {
            nint graph = Enter();
            nuint count = 0;
            CudaException.ThrowIfFailed(LibCuda.cuGraphGetNodes(graph, null, ref count));
            return (int)count;
        }
    }

    /// <summary>Captures what a piece of code puts into a stream; nothing of it runs.</summary>
    /// <param name="stream">Stream to capture; must have no capture under way.</param>
    /// <param name="work">Puts work into the stream. It must not wait for the device, allocate device memory or read values back.</param>
    /// <returns>The graph.</returns>
    public static CudaGraph Capture(CudaStream stream, Action work)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(work);
        nint handle = stream.Enter();
        // Thread-local mode: what other threads do meanwhile (loading data, another context) does not break the capture.
        CudaException.ThrowIfFailed(LibCuda.cuStreamBeginCapture(handle, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
        try
        {
            work();
        }
        catch
        {
            // The stream must leave capture mode; what was captured is thrown away with the first error kept.
            if (LibCuda.cuStreamEndCapture(handle, out nint partial) == CUresult.CUDA_SUCCESS && partial != nint.Zero)
            {
                _ = LibCuda.cuGraphDestroy(partial);
            }
            throw;
        }
        CudaException.ThrowIfFailed(LibCuda.cuStreamEndCapture(handle, out nint graph));
        return new CudaGraph(stream.Context, graph, owned: true);
    }

    /// <summary>Adds a kernel.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <param name="arguments">The arguments in the kernel's order; their values are copied into the graph.</param>
    /// <param name="dependencies">Nodes that must be done before.</param>
    /// <returns>The new node.</returns>
    public CudaGraphNode AddKernel(CudaKernel kernel, Dim3 grid, Dim3 block, int sharedBytes, scoped in KernelArguments arguments,
        params ReadOnlySpan<CudaGraphNode> dependencies)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        kernel.RequireFittingArguments(arguments);
        byte* values = stackalloc byte[KernelArguments.MaxBytes + KernelArguments.Alignment];
        values = (byte*)(((nint)values + KernelArguments.Alignment - 1) & -KernelArguments.Alignment);
        void** pointers = stackalloc void*[KernelArguments.MaxCount];
        arguments.WriteTo(values, pointers);
        var parameters = new CUDA_KERNEL_NODE_PARAMS
        {
            func = kernel.Function,
            gridDimX = (uint)grid.X,
            gridDimY = (uint)grid.Y,
            gridDimZ = (uint)grid.Z,
            blockDimX = (uint)block.X,
            blockDimY = (uint)block.Y,
            blockDimZ = (uint)block.Z,
            sharedMemBytes = (uint)sharedBytes,
            kernelParams = pointers,
        };
        nint graph = Enter();
        fixed (CudaGraphNode* before = dependencies)
        {
            CUresult status = LibCuda.cuGraphAddKernelNode(out nint node, graph, (nint*)before, (nuint)dependencies.Length, &parameters);
            if (status != CUresult.CUDA_SUCCESS)
            {
                CudaException.Throw(status, "cuGraphAddKernelNode", CudaKernel.DescribeLaunch(kernel.Name, grid, block, sharedBytes));
            }
            return new CudaGraphNode(node);
        }
    }

    /// <summary>Creates the value on which a conditional node of this graph will decide.</summary>
    /// <param name="valueAtLaunch">What it is at the start of each launch; null leaves it undefined until a kernel sets it.</param>
    /// <returns>The handle; a graph whose handle no conditional node uses cannot be instantiated.</returns>
    /// <exception cref="NotSupportedException">The driver is older than CUDA 12.3.</exception>
    public CudaConditionalHandle CreateConditionalHandle(uint? valueAtLaunch = null)
    {
        ConditionalNodes.RequireSupport(_context);
        return ConditionalNodes.CreateHandle(_context, Enter(), valueAtLaunch);
    }

    /// <summary>Adds a conditional node.</summary>
    /// <param name="kind">What it does with its body.</param>
    /// <param name="handle">The value on which it decides, created by this graph.</param>
    /// <param name="body">The body, an empty graph to add to; it belongs to this graph.</param>
    /// <param name="dependencies">Nodes that must be done before.</param>
    /// <returns>The new node.</returns>
    public CudaGraphNode AddConditional(CudaConditionalKind kind, CudaConditionalHandle handle, out CudaGraph body,
        params ReadOnlySpan<CudaGraphNode> dependencies)
    {
        ConditionalNodes.RequireSupport(_context);
        nint graph = Enter();
        fixed (CudaGraphNode* before = dependencies)
        {
            (nint node, nint bodyHandle) = ConditionalNodes.Add(_context, graph, kind, handle, (nint*)before, null, (nuint)dependencies.Length);
            body = new CudaGraph(_context, bodyHandle, owned: false);
            return new CudaGraphNode(node);
        }
    }

    /// <summary>Makes the graph ready to launch.</summary>
    /// <returns>The executable; it stays valid when this graph is disposed.</returns>
    public CudaGraphExec Instantiate()
    {
        nint graph = Enter();
        CudaException.ThrowIfFailed(LibCuda.cuGraphInstantiateWithFlags(out nint executable, graph, 0));
        return new CudaGraphExec(_context, executable);
    }

    /// <summary>Destroys the graph; executables made of it stay valid. A conditional node's body belongs to its graph and is left alone.</summary>
    public void Dispose() => _owner?.Dispose();

    internal nint Enter()
    {
        _context.MakeCurrent();
        return _owner?.Value ?? _handle;
    }

    private static nint Create(CudaContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.MakeCurrent();
        CudaException.ThrowIfFailed(LibCuda.cuGraphCreate(out nint graph, 0));
        return graph;
    }
}
