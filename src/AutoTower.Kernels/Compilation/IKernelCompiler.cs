namespace AutoTower.Kernels.Compilation;

/// <summary>Compiles kernel sources; tests give one without NVRTC.</summary>
internal interface IKernelCompiler
{
    /// <summary>Name and version; part of the cache's key.</summary>
    string Version { get; }

    /// <summary>Compiles to a binary for the options' architecture.</summary>
    CompiledKernels Compile(KernelSource source, CompilationOptions options);
}
