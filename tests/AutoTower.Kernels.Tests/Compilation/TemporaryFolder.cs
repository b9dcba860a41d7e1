namespace AutoTower.Kernels.Tests.Compilation;

/// <summary>A folder of one test, deleted at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("autotower-kernels-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    internal string Combine(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    internal void Write(string name, string text)
    {
        string path = Combine(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
