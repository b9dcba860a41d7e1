using System.CommandLine;
using AutoTower.Autograd.Devices;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Checkpoints;

namespace AutoTower.Cli.Options;

/// <summary>The options of every command that runs a model: device, threads, run folder, checkpoints, experiment file, JSON.</summary>
/// <param name="shared">A device that stays the caller's and is used instead of one of the run's own.</param>
internal sealed class RunOptions(Device? shared = null)
{
    /// <summary>Names an experiment file.</summary>
    public const string ConfigName = "--config";

    /// <summary>Names the folder of a run that is to go on.</summary>
    public const string ResumeName = "--resume";

    /// <summary>Names the folder of trained supernets.</summary>
    public const string SupernetCacheName = "--supernet-cache";

    private readonly DeviceOptions _device = new();
    private readonly Option<string?> _out = new("--out") { Description = "Run folder; by default a new one under runs/." };

    private readonly Option<string?> _config = new(ConfigName)
    {
        Description = "Experiment file (JSON; see docs/experiment.schema.json); options on the command line go before what it says.",
    };

    private readonly Option<string?> _resume = new(ResumeName)
    {
        Description = "Run folder of an interrupted run, which goes on from its last checkpoint with its own options.",
    };

    private readonly Option<double> _checkpointMinutes = NumberOption.Real(
        "--checkpoint-minutes", "Minutes between two checkpoints; there is one at the end of each phase in any case.", 5, new Bounds(0, AboveMinimum: true));

    private readonly Option<int?> _checkpointSteps = NumberOption.OptionalPositive(
        "--checkpoint-steps", "Write a checkpoint also after so many training steps or candidates.");

    private readonly Option<bool> _tensorBoard = new("--tensorboard")
    {
        Description = "Write TensorBoard event files into the run folder.",
        DefaultValueFactory = _ => true,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output and nothing else there." };

    /// <summary>Options by which runs may differ and still be the same experiment.</summary>
    public static IReadOnlySet<string> Incidental { get; } = new HashSet<string>
    {
        "--device", "--threads", "--out", "--json", "--data-dir", DataOptions.CacheName, "--checkpoint-minutes", "--checkpoint-steps", "--tensorboard",
        SupernetCacheName,
    };

    /// <summary>Options that a run may be given anew when it goes on.</summary>
    public static IReadOnlySet<string> MayChange { get; } = Incidental.Where(name => name != "--out").ToHashSet();

    public void AddTo(Command command)
    {
        _device.AddTo(command);
        Option[] options = [_out, _config, _resume, _checkpointMinutes, _checkpointSteps, _tensorBoard, _json];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    public bool TensorBoard(ParseResult parsed) => parsed.GetValue(_tensorBoard);

    public string? Resume(ParseResult parsed) => parsed.GetValue(_resume);

    public CheckpointInterval Interval(ParseResult parsed) =>
        new(NumberOption.Minutes(parsed.GetValue(_checkpointMinutes)), parsed.GetValue(_checkpointSteps));

    /// <summary>False where the device is the caller's.</summary>
    public bool OwnsDevice => shared is null;

    /// <inheritdoc cref="DeviceOptions.Create"/>
    public Device CreateDevice(ParseResult parsed) => shared ?? _device.Create(parsed);

    /// <summary>Opens the run's folder: a new one, or that of the run that goes on.</summary>
    public RunFolder OpenFolder(ParseResult parsed, string command, string data, ulong seed) => Resume(parsed) is { } folder
        ? RunFolder.Reopen(folder)
        : new RunFolder(parsed.GetValue(_out) ?? RunFolder.DefaultPath(command, data, seed));
}
