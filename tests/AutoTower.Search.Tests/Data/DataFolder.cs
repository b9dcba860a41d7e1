namespace AutoTower.Search.Tests.Data;

/// <summary>A temporary folder of input files.</summary>
internal class DataFolder : IDisposable
{
    public DataFolder() => Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), "autotower-" + Path.GetRandomFileName());

    public string PathOf(string file) => Path.Combine(Root, file);

    public virtual void Write(string file, string text) => File.WriteAllText(PathOf(file), text);

    public void WriteBytes(string file, byte[] bytes) => File.WriteAllBytes(PathOf(file), bytes);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
