using System.CommandLine;
using System.Text.Json;
using AutoTower.Autograd.Devices;
using AutoTower.Cli.Options;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Data;
using AutoTower.Search.Pipeline;

namespace AutoTower.Cli.Commands;

/// <summary>What a command that trains holds while it runs: device, data on it, run folder; released together.</summary>
internal sealed class RunContext : IDisposable
{
    private RunContext(Device device, Experiment experiment, RunFolder folder)
    {
        Device = device;
        Experiment = experiment;
        Folder = folder;
    }

    public Device Device { get; }

    public Experiment Experiment { get; }

    public RunFolder Folder { get; }

    public static RunContext Open(ParseResult parsed, string command, DataOptions data, RunOptions run, int embeddingDimension)
    {
        var seed = data.Seed(parsed);
        var dataset = data.Load(parsed);
        var device = run.CreateDevice(parsed);
        try
        {
            var experiment = new Experiment(device, dataset, data.Split(parsed), embeddingDimension, seed);
            return new RunContext(device, experiment, run.OpenFolder(parsed, command, data.Name(parsed), seed));
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>Writes the command line's values, defaults included, to <c>config.json</c>.</summary>
    public void WriteConfiguration(ParseResult parsed, Action<Utf8JsonWriter> writeSettings) => Folder.WriteJson("config.json", json =>
    {
        json.WriteStartObject();
        json.WriteString("command", parsed.CommandResult.Command.Name);
        json.WriteString("version", typeof(RunContext).Assembly.GetName().Version?.ToString(3));
        json.WriteString("data", Experiment.Dataset.Name);
        json.WriteString("device", Device.Name);
        writeSettings(json);
        json.WriteEndObject();
    });

    public void Dispose()
    {
        Folder.Dispose();
        Experiment.Dispose();
        Device.Dispose();
    }
}
