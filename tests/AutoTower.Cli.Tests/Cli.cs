using System.Text.Json;
using AutoTower.Cli.Tests.Runs;

namespace AutoTower.Cli.Tests;

/// <summary>Runs the program in this process.</summary>
internal static class Cli
{
    /// <summary>Synthetic data that train in a second.</summary>
    public static string[] TinyData { get; } = ["--users", "60", "--items", "40", "--interactions", "1500"];

    /// <summary>Options of a training that takes a second.</summary>
    public static string[] TinyTraining { get; } =
    [
        .. TinyData, "--batch", "64", "--epochs", "2", "--embedding-dim", "4", "--threads", "2", "--device", "cpu", "--tensorboard", "false",
    ];

    /// <summary>Options of a search that takes a second.</summary>
    public static string[] TinySearch { get; } =
    [
        .. TinyTraining, "--steps", "120", "--iterations", "2", "--population", "5", "--top", "2", "--user-blocks", "3", "--item-blocks", "4",
        "--statistics-batches", "2", "--fitness-batches", "2",
    ];

    public static Task<Outcome> RunAsync(params string[] arguments) => Runs.Program.Run(arguments);

    /// <summary>Standard output as one JSON document; anything else there fails.</summary>
    public static JsonElement Json(this Outcome outcome)
    {
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return Parse(outcome.Output);
    }

    public static JsonElement Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
