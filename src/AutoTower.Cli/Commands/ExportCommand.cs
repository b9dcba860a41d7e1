using System.CommandLine;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Cli.Output;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Data;
using AutoTower.Search.Export;
using AutoTower.Search.Supernet;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower export</c>: the towers of a run as ONNX files.</summary>
internal static class ExportCommand
{
    public static Command Create(TextWriter output)
    {
        var run = new Option<string>("--run") { Description = "Folder of a finished search or training run.", Required = true };
        var folder = new Option<string>("--out") { Description = "Folder for the ONNX files; it is created where it is missing.", Required = true };
        var fold = new Option<bool>("--fold")
        {
            Description = "Fold batch norm into linear layers and merge linear layers with nothing in between where that is cheaper.",
        };
        var data = new Option<string?>("--data-dir") { Description = "Folder with the data set's files, where it is not the one that the run used." };
        var command = new Command("export", "Writes both towers of a run as ONNX files.") { run, folder, fold, data };
        command.SetAction(parsed =>
        {
            using var device = new CpuDevice(null);
            using var trained = TrainedRun.Open(parsed.GetValue(run)!, device, parsed.GetValue(data));
            if (trained.Model is not SupernetPath path)
            {
                throw new DataException($"The run holds the baseline {trained.Model.Name}; only architectures can be exported to ONNX.");
            }

            var report = OnnxExport.Write(parsed.GetValue(folder)!, path.Supernet, path.Architecture, parsed.GetValue(fold));
            Write(output, report, parsed.GetValue(fold));
        });
        return command;
    }

    private static void Write(TextWriter output, ExportReport report, bool fold)
    {
        var table = fold
            ? Tables.Create("cost without embedding tables", "tower", "parameters before", "after", "MACs before", "after")
            : Tables.Create("cost without embedding tables", "tower", "parameters", "MACs");
        foreach (var tower in report.Towers)
        {
            if (fold)
            {
                table.Row(
                    tower.Name,
                    $"{tower.Trained.Parameters:N0}",
                    $"{tower.Written.Parameters:N0}",
                    $"{tower.Trained.MultiplyAccumulates:N0}",
                    $"{tower.Written.MultiplyAccumulates:N0}");
            }
            else
            {
                table.Row(tower.Name, $"{tower.Trained.Parameters:N0}", $"{tower.Trained.MultiplyAccumulates:N0}");
            }
        }

        Tables.Write(output, table);
        foreach (var tower in report.Towers)
        {
            output.WriteLine($"{tower.Path}: {string.Join(", ", tower.Inputs)} -> {tower.Output}");
        }
    }
}
