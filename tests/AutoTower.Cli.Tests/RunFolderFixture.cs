using System.Text.Json;
using AutoTower.Cli.Tests.Runs;
using AutoTower.Tests.Files;

namespace AutoTower.Cli.Tests;

/// <summary>A run folder below a temporary directory.</summary>
internal sealed class RunFolderFixture : IDisposable
{
    private readonly TemporaryFolder _root = new();

    /// <summary>The folder for --out; the program creates it.</summary>
    public string Path => _root["run"];

    public string Root => _root.Path;

    public IEnumerable<string> Files => Directory.GetFiles(Path).Select(path => System.IO.Path.GetFileName(path)).Order();

    public string Read(string file) => File.ReadAllText(System.IO.Path.Combine(Path, file));

    /// <summary>The records of one event in metrics.jsonl, each line of which must be a whole JSON object.</summary>
    public List<JsonElement> Metrics(string name) => [.. Read("metrics.jsonl")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(Cli.Parse)
        .Where(record => record.GetProperty("event").GetString() == name)];

    public void Dispose() => _root.Dispose();
}
