using System.CommandLine;
using AutoTower.Autograd.Devices;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Reproduction;

namespace AutoTower.Cli.Reproduction;

/// <summary>
/// Runs cells, each an ordinary run of <c>search</c> or <c>train</c> in a folder of its own. A finished cell is not run again, an interrupted one
/// goes on from its checkpoint. Cells of different seeds may run at once.
/// </summary>
/// <param name="folder">Where the cells' folders lie.</param>
/// <param name="given">Options that the caller gave, passed on to the cells whose command has them.</param>
/// <param name="error">Told which cell runs; used by several threads.</param>
internal sealed class CellRunner(string folder, GivenOptions given, TextWriter error)
{
    private int _started;

    /// <summary>The folder of a cell.</summary>
    public string FolderOf(string data, MethodPlan method, ulong seed) =>
        Path.Combine(folder, Path.GetFileNameWithoutExtension(data), method.Name, $"seed{seed}");

    /// <summary>Runs the cell if it has not been, and the one whose architecture it takes.</summary>
    /// <returns>Exit code, and the last line of the cell's log where it failed.</returns>
    public async Task<(int ExitCode, string? Message)> Run(Device device, string data, MethodPlan method, ulong seed)
    {
        var run = FolderOf(data, method, seed);
        if (File.Exists(Path.Combine(run, "report.json")))
        {
            return (ExitCode.Success, null);
        }

        IReadOnlyList<string> architecture = [];
        if (method.Source is { } source)
        {
            var before = await Run(device, source.Data, source.Method, seed);
            if (before.ExitCode != ExitCode.Success)
            {
                return before;
            }

            architecture = ["--architecture", CellResult.Read(FolderOf(source.Data, source.Method, seed), seed).Model];
        }

        await error.WriteLineAsync($"run {Interlocked.Increment(ref _started)}: {data}, {method.Label}, seed {seed}");
        string[] arguments = File.Exists(Path.Combine(run, RunFolder.ConfigurationFile))
            ? [method.Command, "--resume", run]
            :
            [
                method.Command, "--data", data, "--seed", $"{seed}", "--out", run, .. method.Arguments, .. architecture, .. given.For(method.Command),
                .. method.Command == "search" ? ["--supernet-cache", Path.Combine(folder, "supernets")] : (string[])[],
            ];
        Directory.CreateDirectory(Path.GetDirectoryName(run)!);
        var log = $"{run}.log";
        int exitCode;
        await using (var writer = new StreamWriter(log))
        {
            exitCode = await CommandLine.RunAsync(arguments, TextWriter.Null, writer, device);
        }

        return (exitCode, exitCode == ExitCode.Success ? null : (await File.ReadAllLinesAsync(log)).LastOrDefault());
    }
}
