using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using AutoTower.Cli.Options;

namespace AutoTower.Cli.Experiments;

/// <summary>The configuration of a run: every option with the value in effect.</summary>
internal static class RunConfiguration
{
    /// <summary>Writes <c>config.json</c>, which is an experiment file that repeats the run.</summary>
    public static void Write(Utf8JsonWriter json, ParseResult parsed, string deviceName, string dataDigest)
    {
        var command = parsed.CommandResult.Command;
        json.WriteStartObject();
        json.WriteString("command", command.Name);
        json.WriteString("version", typeof(RunConfiguration).Assembly.GetName().Version?.ToString(3));
        json.WriteString("device-name", deviceName);
        json.WriteString("data-digest", dataDigest);
        foreach (var option in OptionValues.In(command).Where(option => option.Name is not ("--out" or "--json")))
        {
            OptionValues.Write(json, option, parsed);
        }

        json.WriteEndObject();
    }

    /// <summary>What determines the result of a run, as text: all options but incidental ones, and the data.</summary>
    public static string Identity(ParseResult parsed, string dataDigest)
    {
        var command = parsed.CommandResult.Command;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("command", command.Name);
            json.WriteString("data-digest", dataDigest);
            foreach (var option in OptionValues.In(command).Where(option => !RunOptions.Incidental.Contains(option.Name)))
            {
                OptionValues.Write(json, option, parsed);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
