using System.Runtime.InteropServices;

namespace AutoTower.Kernels.Native;

/// <summary>
/// The CUDA driver API, one declaration a function, under the C names; EntryPoint gives the exported symbol where the header maps the
/// name to a newer version. Handles and device addresses are <see cref="nint"/>.
/// </summary>
internal static unsafe partial class LibCuda
{
    private const string Library = NativeLibraries.Driver;

    [LibraryImport(Library)] internal static partial CUresult cuInit(uint flags);
    [LibraryImport(Library)] internal static partial CUresult cuDriverGetVersion(out int driverVersion);
    [LibraryImport(Library)] internal static partial CUresult cuGetErrorName(CUresult error, out byte* name);
    [LibraryImport(Library)] internal static partial CUresult cuGetErrorString(CUresult error, out byte* text);

    [LibraryImport(Library)] internal static partial CUresult cuDeviceGetCount(out int count);
    [LibraryImport(Library)] internal static partial CUresult cuDeviceGet(out int device, int ordinal);
    [LibraryImport(Library)] internal static partial CUresult cuDeviceGetName(byte* name, int length, int device);
    [LibraryImport(Library, EntryPoint = "cuDeviceTotalMem_v2")]
    internal static partial CUresult cuDeviceTotalMem(out nuint bytes, int device);
    [LibraryImport(Library)] internal static partial CUresult cuDeviceGetAttribute(out int value, CUdevice_attribute attribute, int device);

    [LibraryImport(Library)] internal static partial CUresult cuDevicePrimaryCtxRetain(out nint context, int device);
    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    internal static partial CUresult cuDevicePrimaryCtxRelease(int device);
    [LibraryImport(Library)] internal static partial CUresult cuCtxSetCurrent(nint context);
    [LibraryImport(Library)] internal static partial CUresult cuCtxSynchronize();

    [LibraryImport(Library, EntryPoint = "cuMemGetInfo_v2")]
    internal static partial CUresult cuMemGetInfo(out nuint free, out nuint total);
    [LibraryImport(Library, EntryPoint = "cuMemAlloc_v2")]
    internal static partial CUresult cuMemAlloc(out nint devicePointer, nuint byteCount);
    [LibraryImport(Library, EntryPoint = "cuMemFree_v2")]
    internal static partial CUresult cuMemFree(nint devicePointer);
    [LibraryImport(Library)] internal static partial CUresult cuMemHostAlloc(out nint hostPointer, nuint byteCount, uint flags);
    [LibraryImport(Library)] internal static partial CUresult cuMemFreeHost(nint hostPointer);
    [LibraryImport(Library)] internal static partial CUresult cuMemPoolCreate(out nint pool, CUmemPoolProps* properties);
    [LibraryImport(Library)] internal static partial CUresult cuMemPoolDestroy(nint pool);
    [LibraryImport(Library)] internal static partial CUresult cuMemPoolSetAttribute(nint pool, CUmemPool_attribute attribute, void* value);
    [LibraryImport(Library)]
    internal static partial CUresult cuMemAllocFromPoolAsync(out nint devicePointer, nuint byteCount, nint pool, nint stream);
    [LibraryImport(Library)] internal static partial CUresult cuMemFreeAsync(nint devicePointer, nint stream);

    [LibraryImport(Library, EntryPoint = "cuMemcpyHtoDAsync_v2")]
    internal static partial CUresult cuMemcpyHtoDAsync(nint destination, void* source, nuint byteCount, nint stream);
    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoHAsync_v2")]
    internal static partial CUresult cuMemcpyDtoHAsync(void* destination, nint source, nuint byteCount, nint stream);
    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoDAsync_v2")]
    internal static partial CUresult cuMemcpyDtoDAsync(nint destination, nint source, nuint byteCount, nint stream);
    [LibraryImport(Library)] internal static partial CUresult cuMemsetD8Async(nint destination, byte value, nuint count, nint stream);
    [LibraryImport(Library)] internal static partial CUresult cuMemsetD32Async(nint destination, uint value, nuint count, nint stream);

    [LibraryImport(Library)] internal static partial CUresult cuStreamCreateWithPriority(out nint stream, uint flags, int priority);
    [LibraryImport(Library, EntryPoint = "cuStreamDestroy_v2")] internal static partial CUresult cuStreamDestroy(nint stream);
    [LibraryImport(Library)] internal static partial CUresult cuStreamSynchronize(nint stream);
    [LibraryImport(Library)] internal static partial CUresult cuStreamWaitEvent(nint stream, nint eventHandle, uint flags);
    [LibraryImport(Library)] internal static partial CUresult cuStreamIsCapturing(nint stream, out CUstreamCaptureStatus status);
    [LibraryImport(Library, EntryPoint = "cuStreamBeginCapture_v2")]
    internal static partial CUresult cuStreamBeginCapture(nint stream, CUstreamCaptureMode mode);
    [LibraryImport(Library)]
    internal static partial CUresult cuStreamBeginCaptureToGraph(nint stream, nint graph, nint* dependencies, void* dependencyData,
        nuint dependencyCount, CUstreamCaptureMode mode);
    [LibraryImport(Library)] internal static partial CUresult cuStreamEndCapture(nint stream, out nint graph);
    [LibraryImport(Library, EntryPoint = "cuStreamGetCaptureInfo_v3")]
    internal static partial CUresult cuStreamGetCaptureInfo(nint stream, out CUstreamCaptureStatus status, out ulong id, out nint graph,
        out nint* dependencies, out void* edgeData, out nuint dependencyCount);
    [LibraryImport(Library, EntryPoint = "cuStreamUpdateCaptureDependencies_v2")]
    internal static partial CUresult cuStreamUpdateCaptureDependencies(nint stream, nint* dependencies, void* dependencyData,
        nuint dependencyCount, uint flags);

    [LibraryImport(Library)] internal static partial CUresult cuEventCreate(out nint eventHandle, uint flags);
    [LibraryImport(Library, EntryPoint = "cuEventDestroy_v2")] internal static partial CUresult cuEventDestroy(nint eventHandle);
    [LibraryImport(Library)] internal static partial CUresult cuEventRecord(nint eventHandle, nint stream);
    [LibraryImport(Library)] internal static partial CUresult cuEventSynchronize(nint eventHandle);
    [LibraryImport(Library)] internal static partial CUresult cuEventQuery(nint eventHandle);
    [LibraryImport(Library)] internal static partial CUresult cuEventElapsedTime(out float milliseconds, nint start, nint end);

    [LibraryImport(Library)]
    internal static partial CUresult cuModuleLoadDataEx(out nint module, void* image, uint optionCount, CUjit_option* options,
        void** optionValues);
    [LibraryImport(Library)] internal static partial CUresult cuModuleUnload(nint module);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial CUresult cuModuleGetFunction(out nint function, nint module, string name);
    [LibraryImport(Library, EntryPoint = "cuModuleGetGlobal_v2", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial CUresult cuModuleGetGlobal(out nint devicePointer, out nuint byteCount, nint module, string name);

    [LibraryImport(Library)] internal static partial CUresult cuFuncGetAttribute(out int value, CUfunction_attribute attribute, nint function);
    [LibraryImport(Library)] internal static partial CUresult cuFuncSetAttribute(nint function, CUfunction_attribute attribute, int value);
    [LibraryImport(Library)]
    internal static partial CUresult cuFuncGetParamInfo(nint function, nuint index, out nuint offset, out nuint size);
    [LibraryImport(Library)]
    internal static partial CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(out int blockCount, nint function, int blockSize,
        nuint dynamicSharedBytes);
    [LibraryImport(Library)]
    internal static partial CUresult cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY,
        uint blockZ, uint sharedBytes, nint stream, void** arguments, void** extra);
    [LibraryImport(Library)]
    internal static partial CUresult cuLaunchKernelEx(CUlaunchConfig* configuration, nint function, void** arguments, void** extra);

    [LibraryImport(Library)] internal static partial CUresult cuGraphCreate(out nint graph, uint flags);
    [LibraryImport(Library)] internal static partial CUresult cuGraphDestroy(nint graph);
    [LibraryImport(Library)] internal static partial CUresult cuGraphGetNodes(nint graph, nint* nodes, ref nuint nodeCount);
    [LibraryImport(Library, EntryPoint = "cuGraphAddKernelNode_v2")]
    internal static partial CUresult cuGraphAddKernelNode(out nint node, nint graph, nint* dependencies, nuint dependencyCount,
        CUDA_KERNEL_NODE_PARAMS* parameters);
    [LibraryImport(Library, EntryPoint = "cuGraphAddNode_v2")]
    internal static partial CUresult cuGraphAddNode(out nint node, nint graph, nint* dependencies, void* dependencyData,
        nuint dependencyCount, CUgraphConditionalNodeParams* parameters);
    [LibraryImport(Library)]
    internal static partial CUresult cuGraphConditionalHandleCreate(out ulong handle, nint graph, nint context, uint defaultLaunchValue,
        uint flags);
    [LibraryImport(Library)] internal static partial CUresult cuGraphInstantiateWithFlags(out nint executable, nint graph, ulong flags);
    [LibraryImport(Library)] internal static partial CUresult cuGraphUpload(nint executable, nint stream);
    [LibraryImport(Library)] internal static partial CUresult cuGraphLaunch(nint executable, nint stream);
    [LibraryImport(Library)] internal static partial CUresult cuGraphExecDestroy(nint executable);
}
