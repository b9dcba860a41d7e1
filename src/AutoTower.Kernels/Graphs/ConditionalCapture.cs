using AutoTower.Kernels.Native;
using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Graphs;

/// <summary>Conditional nodes inside a capture: device-side loops and branches around captured work.</summary>
public static unsafe class ConditionalCapture
{
    /// <summary>Creates the value on which a conditional node of the graph being captured will decide.</summary>
    /// <param name="stream">The stream that is being captured.</param>
    /// <param name="valueAtLaunch">What it is at the start of each launch; null leaves it undefined until a kernel sets it.</param>
    /// <returns>The handle; a graph whose handle no conditional node uses cannot be instantiated.</returns>
    /// <exception cref="InvalidOperationException">The stream is not being captured.</exception>
    /// <exception cref="NotSupportedException">The driver is older than CUDA 12.3.</exception>
    public static CudaConditionalHandle CreateConditionalHandle(this CudaStream stream, uint? valueAtLaunch = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ConditionalNodes.RequireSupport(stream.Context);
        return ConditionalNodes.CreateHandle(stream.Context, CaptureState.Of(stream).Graph, valueAtLaunch);
    }

    /// <summary>Captures a conditional node after what the stream captured so far; later work of the stream comes after it.</summary>
    /// <param name="stream">The stream that is being captured.</param>
    /// <param name="kind">What the node does with its body.</param>
    /// <param name="handle">The value on which it decides, of <see cref="CreateConditionalHandle"/> on the same stream.</param>
    /// <param name="bodyStream">Another stream, not being captured, that takes the body's work.</param>
    /// <param name="body">Puts the body's work into the body's stream, under the same rules as any capture.</param>
    /// <exception cref="InvalidOperationException">The stream is not being captured.</exception>
    public static void CaptureConditional(this CudaStream stream, CudaConditionalKind kind, CudaConditionalHandle handle,
        CudaStream bodyStream, Action body)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(bodyStream);
        ArgumentNullException.ThrowIfNull(body);
        ConditionalNodes.RequireSupport(stream.Context);
        CaptureState state = CaptureState.Of(stream);
        (nint node, nint bodyGraph) = ConditionalNodes.Add(stream.Context, state.Graph, kind, handle, state.Dependencies,
            state.EdgeData, state.DependencyCount);
        nint bodyHandle = bodyStream.Enter();
        CudaException.ThrowIfFailed(LibCuda.cuStreamBeginCaptureToGraph(bodyHandle, bodyGraph, null, null, 0,
            CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
        try
        {
            body();
        }
        catch
        {
            // The body's graph belongs to the outer one, so there is nothing to destroy here.
            _ = LibCuda.cuStreamEndCapture(bodyHandle, out _);
            throw;
        }
        CudaException.ThrowIfFailed(LibCuda.cuStreamEndCapture(bodyHandle, out _));
        CudaException.ThrowIfFailed(LibCuda.cuStreamUpdateCaptureDependencies(stream.Enter(), &node, null, 1,
            DriverFlags.CU_STREAM_SET_CAPTURE_DEPENDENCIES));
    }

    /// <summary>What the driver knows about a capture under way; its arrays are valid until the next call on the stream.</summary>
    private readonly struct CaptureState
    {
        internal nint Graph { get; private init; }

        internal nint* Dependencies { get; private init; }

        internal void* EdgeData { get; private init; }

        internal nuint DependencyCount { get; private init; }

        internal static CaptureState Of(CudaStream stream)
        {
            CudaException.ThrowIfFailed(LibCuda.cuStreamGetCaptureInfo(stream.Enter(), out CUstreamCaptureStatus status, out _,
                out nint graph, out nint* dependencies, out void* edgeData, out nuint dependencyCount));
            if (status != CUstreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_ACTIVE)
            {
                throw new InvalidOperationException("A conditional node can only be captured while its stream is being captured into a graph.");
            }
            return new CaptureState { Graph = graph, Dependencies = dependencies, EdgeData = edgeData, DependencyCount = dependencyCount };
        }
    }
}
