namespace AutoTower.Kernels.Compilation;

/// <summary>A compiled source.</summary>
/// <param name="Image">The binary (cubin), to load with <see cref="Launch.CudaModule"/>.</param>
/// <param name="Log">The compiler's log: warnings, or empty.</param>
public sealed record CompiledKernels(ReadOnlyMemory<byte> Image, string Log);
