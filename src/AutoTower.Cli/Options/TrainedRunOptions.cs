using System.CommandLine;
using AutoTower.Autograd.Devices;
using AutoTower.Search.Artefacts;

namespace AutoTower.Cli.Options;

/// <summary>The options of every command that uses a finished run: which, where its data is now, on what device.</summary>
internal sealed class TrainedRunOptions
{
    private readonly Option<string> _run = new("--run") { Description = "Folder of a finished search or training run.", Required = true };

    private readonly Option<string?> _data = new("--data-dir")
    {
        Description = "Folder with the data set's files, where it is not the one that the run used.",
    };

    private readonly DeviceOptions _device = new();

    public void AddTo(Command command)
    {
        command.Options.Add(_run);
        command.Options.Add(_data);
        _device.AddTo(command);
    }

    /// <summary>The device that was asked for; the caller owns it.</summary>
    public Device CreateDevice(ParseResult parsed) => _device.Create(parsed);

    /// <summary>Opens the run; the caller owns it.</summary>
    public TrainedRun Open(ParseResult parsed, Device device) => TrainedRun.Open(parsed.GetValue(_run)!, device, parsed.GetValue(_data));
}
