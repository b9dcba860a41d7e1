namespace AutoTower.Cli.Output;

/// <summary>A run that was asked to go on but has already ended.</summary>
internal static class FinishedRun
{
    /// <summary>Shows the report of the run in <paramref name="folder"/>; false where there is none yet.</summary>
    public static bool Show(string? folder, bool asJson, TextWriter output)
    {
        if (folder is null || Path.Combine(folder, "report.json") is not { } report || !File.Exists(report))
        {
            return false;
        }

        output.WriteLine(asJson ? File.ReadAllText(report) : $"The run in {folder} is finished; its report is {report}.");
        return true;
    }
}
