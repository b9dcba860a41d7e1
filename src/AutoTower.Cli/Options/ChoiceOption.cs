using System.CommandLine;
using System.CommandLine.Parsing;

namespace AutoTower.Cli.Options;

/// <summary>Options that take one of an enumeration's names in lower case, and say which in one sentence otherwise.</summary>
internal static class ChoiceOption
{
    public static Option<T> Create<T>(string name, string description, T value)
        where T : struct, Enum => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => value,
            CustomParser = result => Parse<T>(result, name),
        };

    /// <summary>Reads the word; a number, which an enumeration would take too, is none.</summary>
    public static T Parse<T>(ArgumentResult result, string name)
        where T : struct, Enum
    {
        string[] words = [.. Enum.GetNames<T>().Select(word => word.ToLowerInvariant())];
        var text = result.Tokens[0].Value;
        var index = Array.IndexOf(words, text.ToLowerInvariant());
        if (index >= 0)
        {
            return Enum.GetValues<T>()[index];
        }

        result.AddError($"{name} takes {string.Join(", ", words[..^1])} or {words[^1]}, not '{text}'.");
        return default;
    }
}
