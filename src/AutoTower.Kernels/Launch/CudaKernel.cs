using System.Runtime.CompilerServices;
using AutoTower.Kernels.Native;
using AutoTower.Kernels.Streams;

namespace AutoTower.Kernels.Launch;

/// <summary>A kernel of a loaded module.</summary>
public sealed unsafe class CudaKernel
{
    private readonly nint _function;
    private readonly int[]? _parameterSizes;

    internal CudaKernel(CudaContext context, nint function, string name)
    {
        Context = context;
        Name = name;
        _function = function;
        // Reading an attribute also loads a lazily loaded kernel, which must not happen first inside a capture.
        MaxThreadsPerBlock = Attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
        StaticSharedBytes = Attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
        _parameterSizes = KernelSignature.Read(function);
    }

    /// <summary>Context that the kernel is loaded into.</summary>
    public CudaContext Context { get; }

    /// <summary>The kernel's name.</summary>
    public string Name { get; }

    /// <summary>Threads that a block may have at most, given the registers that the kernel needs.</summary>
    public int MaxThreadsPerBlock { get; }

    /// <summary>Registers of one thread.</summary>
    public int RegistersPerThread => Attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS);

    /// <summary>Shared memory in bytes that the source declares with a fixed size.</summary>
    public int StaticSharedBytes { get; }

    /// <summary>Local memory in bytes of one thread; more than 0 often means spilled registers.</summary>
    public int LocalBytesPerThread => Attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);

    internal nint Function => _function;

    /// <summary>Puts the kernel into a stream; the host does not wait, and errors inside the kernel show up at a later call.</summary>
    /// <param name="stream">Stream that runs it.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <param name="arguments">The arguments in the kernel's order.</param>
    /// <param name="dependent">
    /// Programmatic dependent launch: the kernel may start before the one in front of it ends and waits itself, with
    /// griddepcontrol.wait (cudaGridDependencySynchronize), before it reads what that one wrote. Capability 9.0 or newer.
    /// </param>
    /// <exception cref="ArgumentException">Number or sizes of the arguments are not the kernel's.</exception>
    /// <exception cref="CudaException">The driver refuses the launch; the message names kernel, grid, block and shared bytes.</exception>
    [SkipLocalsInit]
    public void Launch(CudaStream stream, Dim3 grid, Dim3 block, int sharedBytes, scoped in KernelArguments arguments, bool dependent = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        RequireFittingArguments(arguments);
        byte* values = stackalloc byte[KernelArguments.MaxBytes + KernelArguments.Alignment];
        values = (byte*)(((nint)values + KernelArguments.Alignment - 1) & -KernelArguments.Alignment);
        void** pointers = stackalloc void*[KernelArguments.MaxCount];
        arguments.WriteTo(values, pointers);
        Launch(stream.Enter(), grid, block, sharedBytes, pointers, Attribute(dependent));
    }

    /// <summary>Launches a kernel whose only parameter is a struct, which is read in place: large argument blocks are not copied twice.</summary>
    /// <typeparam name="T">The struct, laid out as in the kernel.</typeparam>
    /// <param name="stream">Stream that runs it.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <param name="argument">The struct; its value is copied before the call returns.</param>
    /// <param name="dependent">Programmatic dependent launch, as above.</param>
    /// <exception cref="ArgumentException">The kernel takes something else.</exception>
    /// <exception cref="CudaException">The driver refuses the launch; the message names kernel, grid, block and shared bytes.</exception>
    public void Launch<T>(CudaStream stream, Dim3 grid, Dim3 block, int sharedBytes, in T argument, bool dependent = false)
        where T : unmanaged => Launch(stream, grid, block, sharedBytes, in argument, Attribute(dependent));

    /// <summary>The same, with all blocks at once: they may wait for one another (cooperative launch).</summary>
    /// <typeparam name="T">The struct, laid out as in the kernel.</typeparam>
    /// <param name="stream">Stream that runs it.</param>
    /// <param name="grid">Blocks, no more than the device runs at once.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <param name="argument">The struct; its value is copied before the call returns.</param>
    /// <exception cref="ArgumentException">The kernel takes something else.</exception>
    /// <exception cref="CudaException">The driver refuses the launch, as where blocks are too many; the message names kernel, grid, block and shared bytes.</exception>
    public void LaunchCooperative<T>(CudaStream stream, Dim3 grid, Dim3 block, int sharedBytes, in T argument)
        where T : unmanaged => Launch(stream, grid, block, sharedBytes, in argument, CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_COOPERATIVE);

    /// <summary>Lets a block ask for more dynamic shared memory than the default of 48 KiB.</summary>
    /// <param name="bytes">Most bytes that a launch will ask for, up to <see cref="CudaContext.MaxSharedMemoryPerBlock"/>.</param>
    public void AllowDynamicSharedMemory(int bytes)
    {
        Context.MakeCurrent();
        CUresult status = LibCuda.cuFuncSetAttribute(_function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes);
        if (status != CUresult.CUDA_SUCCESS)
        {
            CudaException.Throw(status, "cuFuncSetAttribute", $"kernel {Name}, {bytes} shared bytes of at most {Context.MaxSharedMemoryPerBlock}");
        }
    }

    /// <summary>Blocks of the kernel that one multiprocessor runs at once.</summary>
    /// <param name="blockSize">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <returns>Number of blocks.</returns>
    public int MaxActiveBlocksPerMultiprocessor(int blockSize, int sharedBytes = 0)
    {
        Context.MakeCurrent();
        CudaException.ThrowIfFailed(
            LibCuda.cuOccupancyMaxActiveBlocksPerMultiprocessor(out int blocks, _function, blockSize, (nuint)sharedBytes));
        return blocks;
    }

    internal static string DescribeLaunch(string kernel, Dim3 grid, Dim3 block, int sharedBytes) =>
        $"kernel {kernel}, grid {grid}, block {block}, {sharedBytes} shared bytes";

    internal void RequireFittingArguments(in KernelArguments arguments)
    {
        if (_parameterSizes is not null && KernelSignature.Mismatch(Name, _parameterSizes, arguments) is { } mismatch)
        {
            throw new ArgumentException(mismatch, nameof(arguments));
        }
    }

    private static CUlaunchAttributeID? Attribute(bool dependent) =>
        dependent ? CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION : null;

    private void Launch<T>(CudaStream stream, Dim3 grid, Dim3 block, int sharedBytes, in T argument, CUlaunchAttributeID? attribute)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (_parameterSizes is not null && (_parameterSizes.Length != 1 || _parameterSizes[0] != sizeof(T)))
        {
            throw new ArgumentException(
                $"Kernel {Name} takes {_parameterSizes.Length} arguments of {_parameterSizes.Sum()} bytes, one of {sizeof(T)} bytes was given.", nameof(argument));
        }

        nint handle = stream.Enter();
        fixed (T* value = &argument)
        {
            void* pointer = value;
            Launch(handle, grid, block, sharedBytes, &pointer, attribute);
        }
    }

    private void Launch(nint stream, Dim3 grid, Dim3 block, int sharedBytes, void** pointers, CUlaunchAttributeID? attribute)
    {
        CUresult status = attribute is { } wanted
            ? LaunchWith(wanted, stream, grid, block, sharedBytes, pointers)
            : LibCuda.cuLaunchKernel(_function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)block.X, (uint)block.Y, (uint)block.Z,
                (uint)sharedBytes, stream, pointers, null);
        if (status != CUresult.CUDA_SUCCESS)
        {
            CudaException.Throw(status, attribute is null ? "cuLaunchKernel" : "cuLaunchKernelEx", DescribeLaunch(Name, grid, block, sharedBytes));
        }
    }

    private CUresult LaunchWith(CUlaunchAttributeID wanted, nint stream, Dim3 grid, Dim3 block, int sharedBytes, void** pointers)
    {
        var attribute = new CUlaunchAttribute { id = wanted, value = 1 };
        var configuration = new CUlaunchConfig
        {
            gridDimX = (uint)grid.X,
            gridDimY = (uint)grid.Y,
            gridDimZ = (uint)grid.Z,
            blockDimX = (uint)block.X,
            blockDimY = (uint)block.Y,
            blockDimZ = (uint)block.Z,
            sharedMemBytes = (uint)sharedBytes,
            hStream = stream,
            attrs = &attribute,
            numAttrs = 1,
        };
        return LibCuda.cuLaunchKernelEx(&configuration, _function, pointers, null);
    }

    private int Attribute(CUfunction_attribute attribute)
    {
        Context.MakeCurrent();
        CudaException.ThrowIfFailed(LibCuda.cuFuncGetAttribute(out int value, attribute, _function));
        return value;
    }
}
