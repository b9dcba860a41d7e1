using System.Text;
using AutoTower.Kernels.Compilation;

namespace AutoTower.Kernels.Tests.Compilation;

/// <summary>Counts compilations; its binary is the source's text.</summary>
internal sealed class FakeCompiler : IKernelCompiler
{
    private int _compilations;

    public string Version { get; init; } = "fake 1";

    internal int Compilations => _compilations;

    public CompiledKernels Compile(KernelSource source, CompilationOptions options)
    {
        Interlocked.Increment(ref _compilations);
        return new CompiledKernels(Encoding.UTF8.GetBytes(source.Text), "");
    }
}
