using System.CommandLine;
using System.Text.Json;
using AutoTower.Cli.Options;
using AutoTower.Search;
using AutoTower.Search.Artefacts;

namespace AutoTower.Cli.Experiments;

/// <summary>
/// Experiment files: the options of <c>search</c> or <c>train</c> as a JSON object, by their names without dashes. The <c>config.json</c> of
/// a run folder is one. Options on the command line take precedence; a run that goes on takes its own.
/// </summary>
internal static class ExperimentFile
{
    /// <summary>Keys beside the options: what wrote the file and what it ran on. Only the command is looked at.</summary>
    public static IReadOnlyList<string> Informational { get; } = ["$schema", CommandKey, "version", "device-name", "data-digest"];

    private const string CommandKey = "command";

    /// <summary>The arguments, completed from the experiment file or the run folder that they name.</summary>
    /// <exception cref="UsageException">One sentence that names file and key.</exception>
    public static string[] Complete(ParseResult parsed, string[] arguments)
    {
        var command = parsed.CommandResult.Command;
        var config = Given(parsed, RunOptions.ConfigName);
        var resume = Given(parsed, RunOptions.ResumeName);
        if (config is null && resume is null)
        {
            return arguments;
        }

        if (resume is not null)
        {
            RefuseChanges(parsed, command, config);
            config = Path.Combine(resume, RunFolder.ConfigurationFile);
            if (!File.Exists(config))
            {
                throw new UsageException($"There is no run in {resume} to go on with: it has no {RunFolder.ConfigurationFile}.");
            }
        }

        return [.. arguments, .. Arguments(parsed, command, config!)];
    }

    private static string? Given(ParseResult parsed, string option) =>
        parsed.CommandResult.Command.Options.FirstOrDefault(other => other.Name == option) is { } found
        && parsed.GetResult(found) is { Tokens: [var token] }
            ? token.Value
            : null;

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static void RefuseChanges(ParseResult parsed, Command command, string? config)
    {
        var changed = config is not null
            ? RunOptions.ConfigName
            : OptionValues.In(command).FirstOrDefault(option => IsGiven(parsed, option) && !RunOptions.MayChange.Contains(option.Name))?.Name;
        if (changed is not null)
        {
            throw new UsageException($"A run goes on with its own options, so {changed} can't be given together with {RunOptions.ResumeName}.");
        }
    }

    private static List<string> Arguments(ParseResult parsed, Command command, string path)
    {
        using var document = Read(path);
        var options = OptionValues.In(command).ToDictionary(OptionValues.NameOf);
        var seen = new HashSet<string>();
        var arguments = new List<string>();
        foreach (var entry in document.RootElement.EnumerateObject())
        {
            if (!seen.Add(entry.Name))
            {
                throw new UsageException($"{path} gives '{entry.Name}' twice.");
            }

            if (options.TryGetValue(entry.Name, out var option))
            {
                if (Text(path, entry) is { } text && !IsGiven(parsed, option))
                {
                    arguments.Add($"{option.Name}={text}");
                }
            }
            else if (!Informational.Contains(entry.Name))
            {
                var nearest = NearestNames.Of(entry.Name, options.Keys, 1)[0];
                throw new UsageException($"{path} has an unknown key '{entry.Name}'; did you mean '{nearest}'?");
            }
            else if (entry.Name == CommandKey && entry.Value.ToString() != command.Name)
            {
                throw new UsageException($"{path} is for 'autotower {entry.Value}', not for 'autotower {command.Name}'.");
            }
        }

        return arguments;
    }

    private static JsonDocument Read(string path)
    {
        try
        {
            var document = JsonDocument.Parse(
                File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new UsageException($"{path} should hold one JSON object with the options as keys.");
        }
        catch (JsonException failure)
        {
            throw new UsageException($"{path} is no valid JSON: {failure.Message}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} can't be read: {failure.Message}");
        }
    }

    private static string? Text(string path, JsonProperty entry) => entry.Value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number or JsonValueKind.String => entry.Value.ToString(),
        _ => throw new UsageException($"{path}: '{entry.Name}' takes one value."),
    };
}
