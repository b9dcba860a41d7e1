using AutoTower.Autograd.Devices.Cuda.Histories;
using AutoTower.Autograd.Devices.Cuda.Towers;
using AutoTower.Kernels;
using AutoTower.Kernels.Blas;
using AutoTower.Kernels.Compilation;
using AutoTower.Kernels.Launch;
using AutoTower.Kernels.Memory;
using AutoTower.Kernels.Streams;

namespace AutoTower.Autograd.Devices.Cuda;

/// <summary>
/// What the kernel families share: context, one stream, memory, kernels and cuBLAS. A family method checks its shapes, then launches;
/// it neither allocates nor waits.
/// </summary>
internal sealed class CudaEngine : IDisposable
{
    /// <summary>Threads of a warp.</summary>
    public const int Warp = 32;

    private const int CompletionCounters = 512;

    private readonly Stack<IDisposable> _owned = new();
    private readonly CudaStream _main;
    private readonly DeviceScratch _scratch;
    private readonly IntegerArray _counters;
    private readonly DeviceScratch _besideScratch;
    private readonly CudaBlas _blas;
    private bool _isBeside;

    // Whether work beside it, or also an operation, may start while what was launched last still runs.
    private bool _letsWorkStart;
    private bool _letsOperationStart;

    public CudaEngine(CudaDeviceOptions options)
    {
        Options = options;
        try
        {
            Context = Own(new CudaContext(options.Ordinal));
            _main = Own(new CudaStream(Context));
            Pool = Own(new DeviceMemoryPool(_main));
            Library = Own(new KernelLibrary(
                Context,
                new KernelLibraryOptions
                {
                    KernelsDirectory = options.KernelsDirectory ?? Environment.GetEnvironmentVariable(CudaDeviceOptions.KernelsVariable),
                    Warning = options.Warning,
                }));
            _blas = Own(new CudaBlas(_main) { MathMode = options.Precision == Precision.Tf32 ? MathMode.Tf32 : MathMode.Fp32 });
            // A fixed workspace: products can be captured, and give the same bits from run to run.
            _blas.SetWorkspace(Own(Pool.Allocate<byte>(CudaBlas.RecommendedWorkspaceBytes, "cuBLAS workspace")).View);
            _scratch = Own(new DeviceScratch(Pool));
            _besideScratch = Own(new DeviceScratch(Pool));
            Weights = Own(new DeviceScratch(Pool));
            var counters = Own(Pool.Allocate<int>(2 * CompletionCounters, "completion counters"));
            counters.View.Clear(_main);
            _counters = new IntegerArray(counters.Pointer, 2 * CompletionCounters);
            // Compiling is the slow part of a first start; sources do not depend on each other.
            Parallel.ForEach(Library.SourceNames.Where(file => IsWanted(file, options, Context)), file => Library.GetModule(file));
        }
        catch (AggregateException failure) when (failure.InnerException is CudaEngineException cause)
        {
            Dispose();
            throw cause;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public CudaDeviceOptions Options { get; }

    public CudaContext Context { get; }

    /// <summary>The device's stream. Who takes it queues something that waits for all before it, what ran beside it included.</summary>
    public CudaStream Stream
    {
        get
        {
            Join();
            return _main;
        }
    }

    /// <summary>Whether a kernel that waits itself may start before the launch in front of it ends.</summary>
    public bool OverlapsLaunches => Context.ComputeCapability >= new ComputeCapability(9, 0);

    public DeviceMemoryPool Pool { get; }

    public KernelLibrary Library { get; }

    /// <summary>cuBLAS on <see cref="Stream"/>, in whose order it works.</summary>
    public CudaBlas Blas
    {
        get
        {
            Join();
            return _blas;
        }
    }

    /// <summary>Memory for intermediate results within one operation; work beside operations has its own, one such work at a time.</summary>
    public DeviceScratch Scratch
    {
        get
        {
            _letsWorkStart &= !_isBeside;
            return _isBeside ? _besideScratch : _scratch;
        }
    }

    /// <summary>Memory for weights in another form, which outlives single operations.</summary>
    public DeviceScratch Weights { get; }

    /// <summary>Zeros, for kernels whose last block finishes the work: it finds itself last by counting, and leaves zeros behind.</summary>
    public IntegerArray Counters => _counters.Slice(_isBeside ? CompletionCounters : 0, CompletionCounters);

    /// <summary>Finds a kernel; for constructors of families.</summary>
    /// <param name="file">The source, such as dense.cu.</param>
    /// <param name="name">The kernel.</param>
    public CudaKernel Kernel(string file, string name) => Library.GetKernel(file, name);

    /// <summary>The same, allowed as much dynamic shared memory as the device has.</summary>
    /// <param name="file">The source.</param>
    /// <param name="name">The kernel.</param>
    public CudaKernel KernelOfAnySharedMemory(string file, string name)
    {
        var kernel = Kernel(file, name);
        kernel.AllowDynamicSharedMemory(Context.MaxSharedMemoryPerBlock - kernel.StaticSharedBytes);
        return kernel;
    }

    /// <summary>Puts a kernel into the device's stream. Nothing is launched for an empty grid.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <param name="arguments">The kernel's arguments in its order.</param>
    public void Launch(CudaKernel kernel, Dim3 grid, Dim3 block, int sharedBytes, params ReadOnlySpan<KernelArgument> arguments)
    {
        var list = new KernelArguments();
        foreach (ref readonly var argument in arguments)
        {
            argument.AddTo(ref list);
        }

        Launch(kernel, grid, block, sharedBytes, list);
    }

    /// <summary>As above, for arguments of other types.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <param name="arguments">The kernel's arguments in its order.</param>
    /// <param name="dependent">The kernel waits for the launch in front of it itself (kernels/common/dependent.cuh).</param>
    public void Launch(CudaKernel kernel, Dim3 grid, Dim3 block, int sharedBytes, scoped in KernelArguments arguments, bool dependent = false)
    {
        if (grid.X > 0 && grid.Y > 0 && grid.Z > 0)
        {
            kernel.Launch(Stream, grid, block, sharedBytes, arguments, dependent && OverlapsLaunches);
        }
    }

    /// <summary>
    /// Launches a kernel that may run beside the one in front of it (<c>RunsBeside</c> in kernels/common/dependent.cuh). It does where that is
    /// work queued by <see cref="Beside"/>; work itself also does where that is an operation that runs beside such work.
    /// </summary>
    /// <param name="kernel">The kernel, a grid of one dimension.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <param name="arguments">The kernel's arguments in its order.</param>
    public void LaunchBeside(CudaKernel kernel, Dim3 grid, Dim3 block, int sharedBytes, scoped in KernelArguments arguments)
    {
        kernel.Launch(_main, grid, block, sharedBytes, arguments, StartsAtOnce());
    }

    /// <summary>The same for a kernel whose only parameter is a struct.</summary>
    /// <typeparam name="T">The struct, laid out as in the kernel.</typeparam>
    /// <param name="kernel">The kernel, a grid of one dimension.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <param name="argument">The struct.</param>
    public void LaunchBeside<T>(CudaKernel kernel, Dim3 grid, Dim3 block, int sharedBytes, in T argument)
        where T : unmanaged => kernel.Launch(_main, grid, block, sharedBytes, in argument, StartsAtOnce());

    /// <summary>
    /// Queues work that needs nothing of what was queued since the last launch that was not <see cref="LaunchBeside"/>, and that nothing needs
    /// up to the next such launch. Its own launches may then run beside those in between; other launches wait for it.
    /// </summary>
    /// <param name="work">Launches, with scratch memory and counters of their own.</param>
    public void Beside(Action work)
    {
        var isWithin = _isBeside;
        _isBeside = true;
        try
        {
            work();
        }
        finally
        {
            _isBeside = isWithin;
        }
    }

    /// <summary>Makes what is launched from now on wait for all before it.</summary>
    public void Join() => _letsWorkStart = _letsOperationStart = false;

    /// <summary>Blocks that cover <paramref name="work"/> items, at most enough to fill the device; the kernel strides over the rest.</summary>
    /// <param name="work">Items.</param>
    /// <param name="perBlock">Items of one block in one round.</param>
    public int Blocks(long work, int perBlock)
    {
        const int RoundsOfBlocks = 4;
        var fill = RoundsOfBlocks * Context.MultiprocessorCount * (Context.MaxThreadsPerMultiprocessor / 256);
        return (int)Math.Min((work + perBlock - 1) / perBlock, fill);
    }

    /// <summary>Blocks for a kernel built on for_each_pack (kernels/common/views.cuh): a thread takes four neighbouring columns at a time.</summary>
    /// <param name="matrix">What is covered.</param>
    /// <param name="block">Threads of a block.</param>
    public int BlocksOfPacks(Matrix matrix, int block) => Blocks((matrix.Count + 3) / 4, block);

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_owned.TryPop(out var owned))
        {
            owned.Dispose();
        }
    }

    // Sources of families that this device or these options leave out are not compiled.
    private static bool IsWanted(string file, CudaDeviceOptions options, CudaContext context) => file switch
    {
        _ when CudaTowerKernels.Owns(file) => CudaTowerKernels.IsSupported(context, options),
        _ when CudaHistoryKernels.Owns(file) => CudaHistoryKernels.IsSupported(context, options),
        _ when CudaRankingKernels.Owns(file) => CudaRankingKernels.IsWanted(context, options),
        _ => true,
    };

    private bool StartsAtOnce()
    {
        var atOnce = OverlapsLaunches && (_isBeside ? _letsWorkStart : _letsOperationStart);
        _letsOperationStart = _isBeside;
        _letsWorkStart = _isBeside || atOnce;
        return atOnce;
    }

    private T Own<T>(T created)
        where T : IDisposable
    {
        _owned.Push(created);
        return created;
    }
}
