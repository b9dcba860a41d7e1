namespace AutoTower.Kernels.Compilation;

/// <summary>Turns a source's name into its binary: from the cache, or compiled and put there.</summary>
internal sealed class KernelBuilder(IKernelSources sources, IKernelCompiler compiler, CompilationOptions options, KernelCache? cache)
{
    internal ReadOnlyMemory<byte> Build(string file)
    {
        KernelSource source = sources.Read(file);
        string entry = $"{Path.GetFileNameWithoutExtension(file)}-{options.Architecture}-{KernelCacheKey.Of(source, options, compiler.Version)}.cubin";
        if (cache?.TryRead(entry) is { } cached)
        {
            return cached;
        }
        ReadOnlyMemory<byte> image = compiler.Compile(source, options).Image;
        cache?.Write(entry, image.Span);
        return image;
    }
}
