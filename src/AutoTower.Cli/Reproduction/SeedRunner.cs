using AutoTower.Autograd.Devices;
using AutoTower.Search.Reproduction;

namespace AutoTower.Cli.Reproduction;

/// <summary>Runs all cells of a table for one seed; seeds need nothing of each other.</summary>
/// <param name="runner">Runs a cell.</param>
/// <param name="sets">Data sets.</param>
/// <param name="methods">The rows of the table.</param>
internal sealed class SeedRunner(CellRunner runner, IReadOnlyList<string> sets, IReadOnlyList<MethodPlan> methods)
{
    /// <summary>Runs the cells in order, up to the first that is interrupted.</summary>
    public async Task<SeedRuns> Run(Device device, ulong seed)
    {
        var runs = new SeedRuns();
        foreach (var (set, method) in from set in sets from method in methods select (set, method))
        {
            var (exitCode, message) = await runner.Run(device, set, method, seed);
            if (exitCode is ExitCode.Interrupted or ExitCode.Terminated)
            {
                runs.Stopped = exitCode;
                break;
            }

            if (exitCode == ExitCode.Success)
            {
                runs.Finished.Add((set, method.Name, CellResult.Read(runner.FolderOf(set, method, seed), seed)));
            }
            else
            {
                runs.Failed.Add(($"{method.Label} on {set}, seed {seed}", message ?? $"exit code {exitCode}"));
            }
        }

        return runs;
    }
}

/// <summary>What came of a seed.</summary>
internal sealed class SeedRuns
{
    /// <summary>Results of cells.</summary>
    public List<(string Data, string Method, CellResult Result)> Finished { get; } = [];

    /// <summary>Cells that failed, with the reason.</summary>
    public List<(string What, string Reason)> Failed { get; } = [];

    /// <summary>The exit code where a signal ended it.</summary>
    public int? Stopped { get; set; }
}
