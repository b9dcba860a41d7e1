using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using AutoTower.Kernels.Handles;
using AutoTower.Kernels.Memory;
using AutoTower.Kernels.Native;

namespace AutoTower.Kernels.Launch;

/// <summary>A loaded binary with its kernels.</summary>
public sealed unsafe class CudaModule : IDisposable
{
    private const int LogBytes = 8192;

    private readonly ConcurrentDictionary<string, CudaKernel> _kernels = new();
    private readonly DeviceHandle _handle;

    /// <summary>Loads a binary.</summary>
    /// <param name="context">Context that it is loaded into.</param>
    /// <param name="image">A cubin, or PTX that ends in a zero byte.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="CudaException">The driver refuses it; the message holds the driver's log.</exception>
    public CudaModule(CudaContext context, ReadOnlySpan<byte> image, string name)
    {
        ArgumentNullException.ThrowIfNull(context);
        Context = context;
        Name = name;
        context.MakeCurrent();
        byte* log = stackalloc byte[LogBytes];
        log[0] = 0;
        CUjit_option* options = stackalloc CUjit_option[] { CUjit_option.CU_JIT_ERROR_LOG_BUFFER, CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES };
        void** values = stackalloc void*[] { log, (void*)LogBytes };
        fixed (byte* bytes = image)
        {
            CUresult status = LibCuda.cuModuleLoadDataEx(out nint module, bytes, 2, options, values);
            if (status != CUresult.CUDA_SUCCESS)
            {
                string text = Marshal.PtrToStringUTF8((nint)log) ?? "";
                CudaException.Throw(status, "cuModuleLoadDataEx", text.Length == 0 ? name : $"{name}: {text.Trim()}");
            }
            _handle = new DeviceHandle(module, context, static module => LibCuda.cuModuleUnload(module));
        }
    }

    /// <summary>Context that the module is loaded into.</summary>
    public CudaContext Context { get; }

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>Finds a kernel; the same object for the same name.</summary>
    /// <param name="name">Its name, declared extern "C".</param>
    /// <returns>The kernel, valid as long as the module.</returns>
    public CudaKernel GetKernel(string name) => _kernels.GetOrAdd(name, Find);

    /// <summary>Finds a __device__ or __constant__ variable.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="name">Its name, declared extern "C".</param>
    /// <returns>A view of it, valid as long as the module.</returns>
    public CudaDeviceView<T> GetGlobal<T>(string name)
        where T : unmanaged
    {
        Context.MakeCurrent();
        CUresult status = LibCuda.cuModuleGetGlobal(out nint pointer, out nuint bytes, _handle.Value, name);
        if (status != CUresult.CUDA_SUCCESS)
        {
            CudaException.Throw(status, "cuModuleGetGlobal", $"variable {name} in {Name}");
        }
        return new CudaDeviceView<T>(pointer, (long)bytes / sizeof(T));
    }

    /// <summary>Unloads the module; its kernels must not be in use.</summary>
    public void Dispose() => _handle.Dispose();

    private CudaKernel Find(string name)
    {
        Context.MakeCurrent();
        CUresult status = LibCuda.cuModuleGetFunction(out nint function, _handle.Value, name);
        if (status != CUresult.CUDA_SUCCESS)
        {
            CudaException.Throw(status, "cuModuleGetFunction", $"kernel {name} in {Name}");
        }
        return new CudaKernel(Context, function, name);
    }
}
