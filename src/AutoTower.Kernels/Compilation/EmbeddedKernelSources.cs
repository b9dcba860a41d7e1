using System.Reflection;

namespace AutoTower.Kernels.Compilation;

/// <summary>The sources embedded in this assembly under kernels/.</summary>
internal sealed class EmbeddedKernelSources : IKernelSources
{
    private const string Root = "kernels/";

    private readonly Assembly _assembly = typeof(EmbeddedKernelSources).Assembly;
    private readonly Lazy<IReadOnlyDictionary<string, string>> _headers;

    internal EmbeddedKernelSources()
    {
        // Resource names keep the separator of the machine that built the assembly.
        string[] resources = [.. _assembly.GetManifestResourceNames().Where(name => name.StartsWith(Root, StringComparison.Ordinal))];
        Names = [.. resources.Where(name => name.EndsWith(".cu", StringComparison.Ordinal)).Select(name => name[Root.Length..]).Order(StringComparer.Ordinal)];
        _headers = new(() => resources.Where(name => name.EndsWith(".cuh", StringComparison.Ordinal))
            .ToDictionary(name => name[Root.Length..].Replace('\\', '/'), ReadResource));
    }

    public IReadOnlyList<string> Names { get; }

    public KernelSource Read(string name) => Names.Contains(name)
        ? new KernelSource(name, ReadResource(Root + name), _headers.Value)
        : throw new FileNotFoundException($"There is no embedded kernel source {name}; there are {string.Join(", ", Names)}.", name);

    private string ReadResource(string name)
    {
        using var reader = new StreamReader(_assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
