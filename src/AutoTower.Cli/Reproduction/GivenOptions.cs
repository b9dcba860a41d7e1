using System.CommandLine;
using AutoTower.Cli.Options;

namespace AutoTower.Cli.Reproduction;

/// <summary>The options of <c>search</c> and <c>train</c> that a caller gave, as they are passed on.</summary>
internal sealed class GivenOptions
{
    /// <summary>Options that cells decide themselves.</summary>
    private static readonly HashSet<string> Decided =
    [
        DataOptions.DataName, "--seed", "--out", RunOptions.ConfigName, RunOptions.ResumeName, "--json", "--strategy", "--max-params", "--max-flops",
        "--max-user-params", "--max-user-flops", "--max-item-params", "--max-item-flops", "--user-blocks", "--item-blocks", "--embedding-dim",
        "--objectives", "--architecture", "--model", RunOptions.SupernetCacheName,
    ];

    private readonly Dictionary<string, Command> _commands;
    private readonly List<(string Name, string Argument)> _given = [];

    /// <summary>Takes the options that were given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="own">Options of the command itself.</param>
    /// <param name="commands">The commands that cells run.</param>
    public GivenOptions(ParseResult parsed, IReadOnlyCollection<string> own, IReadOnlyList<Command> commands)
    {
        _commands = commands.ToDictionary(command => command.Name);
        foreach (var option in parsed.CommandResult.Command.Options.Where(option => !own.Contains(option.Name)))
        {
            if (parsed.GetResult(option) is { Implicit: false } result)
            {
                _given.Add((option.Name, result.Tokens is [var token] ? $"{option.Name}={token.Value}" : option.Name));
            }
        }
    }

    /// <summary>What determines results, for comparison with an earlier call.</summary>
    public string Identity => string.Join(' ', _given.Where(option => !RunOptions.Incidental.Contains(option.Name)).Select(option => option.Argument).Order(StringComparer.Ordinal));

    /// <summary>Adds to <paramref name="command"/> what may be passed on and is not there yet.</summary>
    public static void AddTo(Command command, IReadOnlyList<Command> commands)
    {
        foreach (var option in commands.SelectMany(other => other.Options).Where(option => !Decided.Contains(option.Name)))
        {
            if (command.Options.All(known => known.Name != option.Name))
            {
                command.Options.Add(option);
            }
        }
    }

    /// <summary>The options that <paramref name="command"/> has.</summary>
    public IEnumerable<string> For(string command) =>
        _given.Where(option => _commands[command].Options.Any(known => known.Name == option.Name)).Select(option => option.Argument);
}
