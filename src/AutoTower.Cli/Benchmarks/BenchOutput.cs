using System.CommandLine;
using System.Reflection;
using System.Text.Json;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using Spectre.Console;

namespace AutoTower.Cli.Benchmarks;

/// <summary>How benchmarks report: a table, or one JSON document, which may go into a file as well.</summary>
internal sealed class BenchOutput
{
    private readonly Option<string?> _file = new("--json-file") { Description = "File that the JSON document is written to as well." };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output and nothing else there." };

    public void AddTo(Command command)
    {
        command.Options.Add(_file);
        command.Options.Add(_json);
    }

    /// <summary>Writes what was asked for.</summary>
    /// <param name="parsed">The options.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="device">What was measured on.</param>
    /// <param name="table">For people.</param>
    /// <param name="write">Writes the properties of the JSON document behind device, commit and command.</param>
    public void Write(ParseResult parsed, TextWriter output, string device, Table table, Action<Utf8JsonWriter> write)
    {
        if (parsed.GetValue(_file) is { } file)
        {
            using var writer = new StreamWriter(file);
            JsonOutput.Write(writer, Document);
        }

        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, Document);
        }
        else
        {
            Tables.Write(output, table);
        }

        void Document(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteString("device", device);
            json.WriteString("commit", Commit());
            json.WriteString("command", $"autotower {string.Join(' ', parsed.Tokens.Select(token => Quoted(token.Value)))}");
            write(json);
            json.WriteEndObject();
        }
    }

    /// <summary>Bytes as a number of MiB.</summary>
    public static string MiB(long bytes) => $"{bytes / 1048576.0:N0}";

    private static string Quoted(string token) => token.Contains(' ', StringComparison.Ordinal) ? $"\"{token}\"" : token;

    // The build records the commit behind the version, as in 0.1.0+a9b06fd.
    private static string Commit() =>
        typeof(BenchOutput).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
