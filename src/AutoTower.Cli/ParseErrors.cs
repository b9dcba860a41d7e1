using System.CommandLine;
using System.CommandLine.Parsing;
using AutoTower.Cli.Options;
using AutoTower.Search;

namespace AutoTower.Cli;

/// <summary>What is wrong with a command line, in one sentence for a person.</summary>
internal static class ParseErrors
{
    /// <summary>The first mistake only: a mistyped option also makes its value an unknown argument.</summary>
    public static string Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var mistake = parsed.UnmatchedTokens.Count > 0 ? Unknown(parsed.UnmatchedTokens[0], command) : Message(parsed.Errors[0]);
        return $"{mistake} See '{Path(parsed.CommandResult)} --help'.";
    }

    // The words that lead to the command, such as autotower bench growth.
    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "autotower";

    private static string Unknown(string token, Command command)
    {
        var (kind, names) = token.StartsWith('-')
            ? ("option", command.Options.Select(option => option.Name))
            : ("command", command.Subcommands.Select(subcommand => subcommand.Name));
        return NearestNames.Of(token, names, 1) is [var nearest]
            ? $"There is no {kind} '{token}'; the nearest is {nearest}."
            : $"'{token}' belongs to no option.";
    }

    // Text that is no number at all fails before the option's own check, with a message about .NET types.
    private static string Message(ParseError error) =>
        (error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult) is
            { Option: IBoundedOption { Bounds: { } bounds }, Tokens: [var token] } result
            ? $"{result.Option.Name} takes {bounds}, not '{token.Value}'."
            : error.Message;
}
