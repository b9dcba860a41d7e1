using System.Collections.Concurrent;
using AutoTower.Kernels.Caching;
using AutoTower.Kernels.Launch;

namespace AutoTower.Kernels.Compilation;

/// <summary>The kernels of all sources, compiled for one device; a source is built and loaded when its first kernel is asked for.</summary>
public sealed class KernelLibrary : IDisposable
{
    private readonly CudaContext _context;
    private readonly KernelBuilder _builder;
    // Lazy, because two threads may ask for one source at once and a module must be loaded once.
    private readonly ConcurrentDictionary<string, Lazy<CudaModule>> _modules = new();

    /// <summary>Opens the library.</summary>
    /// <param name="context">Context that modules are loaded into.</param>
    /// <param name="options">Where sources come from and binaries are kept; null for the defaults.</param>
    /// <exception cref="CudaLibraryNotFoundException">NVRTC is not installed.</exception>
    /// <exception cref="DirectoryNotFoundException">The options' folder of sources does not exist or is empty.</exception>
    public KernelLibrary(CudaContext context, KernelLibraryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        options ??= new KernelLibraryOptions();
        _context = context;
        IKernelSources sources = options.KernelsDirectory is { } directory ? new DirectoryKernelSources(directory) : new EmbeddedKernelSources();
        var compilation = new CompilationOptions(context.ComputeCapability.Architecture) { Definitions = options.Definitions };
        KernelCache? cache = options.UseCache
            ? new KernelCache(CacheLocation.Find("kernels", options.CacheDirectory, Environment.GetEnvironmentVariable), options.Warning)
            : null;
        _builder = new KernelBuilder(sources, new CudaRuntimeCompiler(), compilation, cache);
        SourceNames = sources.Names;
    }

    /// <summary>File names of all sources.</summary>
    public IReadOnlyList<string> SourceNames { get; }

    /// <summary>
    /// Finds a kernel, building and loading its source when it is the first of it; that takes time and is not allowed inside a graph
    /// capture, so kernels are best fetched when the object that launches them is made.
    /// </summary>
    /// <param name="file">The source, such as embedding.cu.</param>
    /// <param name="name">The kernel, declared extern "C".</param>
    /// <returns>The kernel, valid as long as the library; the same object for the same names.</returns>
    /// <exception cref="FileNotFoundException">There is no such source.</exception>
    /// <exception cref="NvrtcException">The source does not compile.</exception>
    /// <exception cref="CudaException">The source has no such kernel.</exception>
    public CudaKernel GetKernel(string file, string name) => GetModule(file).GetKernel(name);

    /// <summary>Builds and loads a source, or finds it loaded.</summary>
    /// <param name="file">The source, such as embedding.cu.</param>
    /// <returns>Its module, owned by the library.</returns>
    /// <exception cref="FileNotFoundException">There is no such source.</exception>
    /// <exception cref="NvrtcException">The source does not compile.</exception>
    public CudaModule GetModule(string file) =>
        _modules.GetOrAdd(file, name => new Lazy<CudaModule>(() => new CudaModule(_context, _builder.Build(name).Span, name))).Value;

    /// <summary>Unloads every module; their kernels must not be in use.</summary>
    public void Dispose()
    {
        foreach (Lazy<CudaModule> module in _modules.Values)
        {
            if (module.IsValueCreated)
            {
                module.Value.Dispose();
            }
        }
        _modules.Clear();
    }
}
