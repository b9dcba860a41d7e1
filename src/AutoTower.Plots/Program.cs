using System.CommandLine;
using AutoTower.Plots;
using AutoTower.Report;
using AutoTower.Report.Runs;
using AutoTower.Search.Data;

// Beside the main program, because drawing pixels takes a native library that can't be part of its one file.
var run = new Option<string>("--run") { Description = "Run folder.", Required = true };
var folder = new Option<string>("--out") { Description = "Folder for the figures; it is created where it is missing.", Required = true };
var against = new Option<string[]>("--against")
{
    Description = "Other run folders whose test metrics are shown beside this run's.",
    AllowMultipleArgumentsPerToken = true,
};
var root = new RootCommand("Writes the figures of a run as PNG and SVG files.") { run, folder, against };
root.SetAction(parsed =>
{
    try
    {
        var others = (parsed.GetValue(against) ?? []).Select(RunReader.Read).ToArray();
        var figures = Figures.Of(RunReader.Read(parsed.GetValue(run)!), others);
        foreach (var path in PngFiles.Write(parsed.GetValue(folder)!, figures).Concat(FigureFiles.WriteSvg(parsed.GetValue(folder)!, figures)))
        {
            Console.WriteLine(path);
        }

        return 0;
    }
    catch (Exception failure) when (failure is DataException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine($"autotower-plots: {failure.Message}");
        return 1;
    }
});
return root.Parse(args).Invoke();
