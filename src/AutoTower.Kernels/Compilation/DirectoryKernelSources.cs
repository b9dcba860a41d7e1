namespace AutoTower.Kernels.Compilation;

/// <summary>Sources in a folder laid out like the repository's kernels folder: *.cu, headers in subfolders.</summary>
internal sealed class DirectoryKernelSources : IKernelSources
{
    private readonly string _directory;

    /// <exception cref="DirectoryNotFoundException">The folder does not exist or holds no .cu file.</exception>
    internal DirectoryKernelSources(string directory)
    {
        _directory = directory;
        Names = Directory.Exists(directory)
            ? [.. Directory.EnumerateFiles(directory, "*.cu").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)]
            : throw new DirectoryNotFoundException($"The kernels folder {directory} does not exist.");
        if (Names.Count == 0)
        {
            throw new DirectoryNotFoundException($"The kernels folder {directory} holds no .cu file.");
        }
    }

    public IReadOnlyList<string> Names { get; }

    public KernelSource Read(string name) => Names.Contains(name)
        ? new KernelSource(name, File.ReadAllText(Path.Combine(_directory, name)), ReadHeaders())
        : throw new FileNotFoundException($"There is no kernel source {name} in {_directory}; there are {string.Join(", ", Names)}.", name);

    private Dictionary<string, string> ReadHeaders() => Directory
        .EnumerateFiles(_directory, "*.cuh", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetRelativePath(_directory, path).Replace('\\', '/'), File.ReadAllText);
}
