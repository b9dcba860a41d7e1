using System.CommandLine;
using AutoTower.Cli.Experiments;
using AutoTower.Cli.Output;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower schema</c>: the JSON schema of experiment files, or of schema files of own data.</summary>
internal static class SchemaCommand
{
    /// <param name="output">Where the schema goes.</param>
    /// <param name="commands">The commands that take experiment files.</param>
    public static Command Create(TextWriter output, IReadOnlyList<Command> commands)
    {
        var ofData = new Option<bool>("--of-data") { Description = "Print that of schema files of own data (--data FILE.json) instead." };
        var command = new Command("schema", "Prints the JSON schema of experiment files (--config).") { ofData };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(ofData))
            {
                WriteDatasetSchema(output);
                return;
            }

            JsonOutput.Write(output, json => ExperimentSchema.Write(json, commands));
        });
        return command;
    }

    private static void WriteDatasetSchema(TextWriter output)
    {
        using var reader = new StreamReader(typeof(SchemaCommand).Assembly.GetManifestResourceStream("dataset.schema.json")!);
        output.Write(reader.ReadToEnd());
    }
}
