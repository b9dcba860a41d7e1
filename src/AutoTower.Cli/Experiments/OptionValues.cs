using System.CommandLine;
using System.CommandLine.Help;
using System.Text.Json;
using AutoTower.Cli.Options;

namespace AutoTower.Cli.Experiments;

/// <summary>The options of a command as an experiment file holds them: named without dashes, each with a JSON value.</summary>
internal static class OptionValues
{
    /// <summary>The options that an experiment file may have.</summary>
    public static IEnumerable<Option> In(Command command) =>
        command.Options.Where(option => option is not HelpOption && option.Name is not (RunOptions.ConfigName or RunOptions.ResumeName));

    public static string NameOf(Option option) => option.Name.TrimStart('-');

    /// <summary>Writes the option's value, given or default; nothing where it has none.</summary>
    public static void Write(Utf8JsonWriter json, Option option, ParseResult parsed)
    {
        var name = NameOf(option);
        switch (Value(option, parsed))
        {
            case null:
                break;
            case bool value:
                json.WriteBoolean(name, value);
                break;
            case int value:
                json.WriteNumber(name, value);
                break;
            case ulong value:
                json.WriteNumber(name, value);
                break;
            case double value:
                json.WriteNumber(name, value);
                break;
            case Enum value:
                json.WriteString(name, value.ToString().ToLowerInvariant());
                break;
            case string value:
                json.WriteString(name, value);
                break;
            case var other:
                throw new NotSupportedException($"Options of type {other.GetType()} can't be written to an experiment file yet.");
        }
    }

    /// <summary>The value in effect: an int, ulong, double, bool, enumeration or string; null where there is none.</summary>
    private static object? Value(Option option, ParseResult parsed) => option switch
    {
        IPresetOption preset => preset.ValueOf(parsed),
        Option<int> typed => parsed.GetValue(typed),
        Option<int?> typed => parsed.GetValue(typed),
        Option<ulong> typed => parsed.GetValue(typed),
        Option<double> typed => parsed.GetValue(typed),
        Option<double?> typed => parsed.GetValue(typed),
        Option<bool> typed => parsed.GetValue(typed),
        Option<string> typed => parsed.GetValue(typed),
        _ when parsed.GetResult(option) is { Tokens: [var token] } => token.Value.ToLowerInvariant(),
        _ => option.GetDefaultValue(),
    };
}
