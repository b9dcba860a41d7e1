using System.Text.RegularExpressions;

namespace AutoTower.Cli.Tests.Runs;

/// <summary>Files of a run folder without what differs from run to run: times and the folder's own path.</summary>
internal static partial class RunFiles
{
    public static string Report(string folder) => Normalise(folder, "report.json");

    public static string Metrics(string folder) => Normalise(folder, "metrics.jsonl");

    private static string Normalise(string folder, string file) => Times()
        .Replace(File.ReadAllText(Path.Combine(folder, file)), "$1: -")
        .Replace(folder, "-", StringComparison.Ordinal);

    [GeneratedRegex("(\"(?:steps_per_second|seconds|supernet|evolution|retraining)\"): ?[0-9.E+-]+")]
    private static partial Regex Times();
}
