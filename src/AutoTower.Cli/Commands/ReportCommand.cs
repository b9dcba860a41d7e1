using System.CommandLine;
using System.Text;
using AutoTower.Report;
using AutoTower.Report.Runs;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower report</c>: a run as one HTML file, and its figures as SVG files.</summary>
internal static class ReportCommand
{
    public static Command Create(TextWriter output)
    {
        var run = new Option<string>("--run") { Description = "Run folder; the run may still go on.", Required = true };
        var against = new Option<string[]>("--against")
        {
            Description = "Other run folders whose test metrics are shown beside this run's.",
            AllowMultipleArgumentsPerToken = true,
        };
        var file = new Option<string?>("--out") { Description = "The HTML file; report.html in the run folder by default." };
        var figures = new Option<string?>("--figures") { Description = "Folder for the figures as SVG files; none are written by default." };
        var command = new Command("report", "Shows a run in one HTML file that needs no network.") { run, against, file, figures };
        command.SetAction(parsed =>
        {
            var shown = RunReader.Read(parsed.GetValue(run)!);
            var others = (parsed.GetValue(against) ?? []).Select(RunReader.Read).ToArray();
            var path = parsed.GetValue(file) ?? Path.Combine(parsed.GetValue(run)!, "report.html");
            File.WriteAllText(path, HtmlReport.Create(shown, others), new UTF8Encoding(false));
            output.WriteLine(path);
            if (parsed.GetValue(figures) is { } folder)
            {
                foreach (var written in FigureFiles.WriteSvg(folder, Figures.Of(shown, others)))
                {
                    output.WriteLine(written);
                }
            }
        });
        return command;
    }
}
