using AutoTower.Kernels.Native;

namespace AutoTower.Kernels.Graphs;

/// <summary>The driver calls behind conditional nodes, shared by built and captured graphs.</summary>
internal static unsafe class ConditionalNodes
{
    internal static void RequireSupport(CudaContext context)
    {
        if (!context.SupportsConditionalNodes)
        {
            throw new NotSupportedException($"Conditional graph nodes need a driver of CUDA 12.3 or newer, this one supports {context.DriverVersion}.");
        }
    }

    internal static CudaConditionalHandle CreateHandle(CudaContext context, nint graph, uint? valueAtLaunch)
    {
        uint flags = valueAtLaunch is null ? 0 : DriverFlags.CU_GRAPH_COND_ASSIGN_DEFAULT;
        CudaException.ThrowIfFailed(
            LibCuda.cuGraphConditionalHandleCreate(out ulong handle, graph, context.Handle, valueAtLaunch ?? 0, flags));
        return new CudaConditionalHandle(handle);
    }

    internal static (nint Node, nint Body) Add(CudaContext context, nint graph, CudaConditionalKind kind, CudaConditionalHandle handle,
        nint* dependencies, void* dependencyData, nuint dependencyCount)
    {
        var parameters = new CUgraphConditionalNodeParams
        {
            type = CUgraphNodeType.CU_GRAPH_NODE_TYPE_CONDITIONAL,
            handle = handle.Value,
            conditionalType = (CUgraphConditionalNodeType)kind,
            size = 1,
            ctx = context.Handle,
        };
        CudaException.ThrowIfFailed(LibCuda.cuGraphAddNode(out nint node, graph, dependencies, dependencyData, dependencyCount, &parameters));
        // The driver points phGraph_out at an array of its own that lives as long as the node.
        return (node, parameters.phGraph_out[0]);
    }
}
