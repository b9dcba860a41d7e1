using System.CommandLine;
using AutoTower.Cli.Experiments;
using AutoTower.Cli.Output;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower schema</c>: the JSON schema of experiment files.</summary>
internal static class SchemaCommand
{
    /// <param name="output">Where the schema goes.</param>
    /// <param name="commands">The commands that take experiment files.</param>
    public static Command Create(TextWriter output, IReadOnlyList<Command> commands)
    {
        var command = new Command("schema", "Prints the JSON schema of experiment files (--config).");
        command.SetAction(_ => JsonOutput.Write(output, json => ExperimentSchema.Write(json, commands)));
        return command;
    }
}
