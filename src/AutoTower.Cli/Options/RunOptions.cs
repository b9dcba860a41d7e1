using System.CommandLine;
using AutoTower.Autograd.Devices;
using AutoTower.Search.Artefacts;

namespace AutoTower.Cli.Options;

/// <summary>The options of every command that runs a model: device, threads, run folder, JSON.</summary>
internal sealed class RunOptions
{
    private readonly DeviceOptions _device = new();
    private readonly Option<string?> _out = new("--out") { Description = "Run folder; by default a new one under runs/." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output and nothing else there." };

    public void AddTo(Command command)
    {
        _device.AddTo(command);
        command.Options.Add(_out);
        command.Options.Add(_json);
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    /// <inheritdoc cref="DeviceOptions.Create"/>
    public Device CreateDevice(ParseResult parsed) => _device.Create(parsed);

    /// <summary>Opens the run's folder.</summary>
    public RunFolder OpenFolder(ParseResult parsed, string command, string data, ulong seed) =>
        new(parsed.GetValue(_out) ?? RunFolder.DefaultPath(command, data, seed));
}
