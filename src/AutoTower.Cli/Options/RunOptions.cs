using System.CommandLine;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Search.Artefacts;

namespace AutoTower.Cli.Options;

/// <summary>The options of every command that runs a model: device, threads, run folder, JSON.</summary>
internal sealed class RunOptions
{
    private readonly Option<string> _device = new("--device")
    {
        Description = "auto, cpu or cuda; auto takes a usable GPU where there is one.",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<int?> _threads = NumberOption.OptionalPositive("--threads", "CPU threads; all processors by default.");
    private readonly Option<string?> _out = new("--out") { Description = "Run folder; by default a new one under runs/." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output and nothing else there." };

    public void AddTo(Command command)
    {
        command.Options.Add(_device);
        command.Options.Add(_threads);
        command.Options.Add(_out);
        command.Options.Add(_json);
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>The device that was asked for; the caller owns it.</summary>
    /// <exception cref="ArgumentException">There is no such device here.</exception>
    public Device CreateDevice(ParseResult parsed) => parsed.GetValue(_device) switch
    {
        "auto" or "cpu" => new CpuDevice(parsed.GetValue(_threads)),
        "cuda" => throw new ArgumentException("This version has no CUDA device yet; use --device cpu."),
        var other => throw new ArgumentException($"--device takes auto, cpu or cuda, not '{other}'."),
    };

    /// <summary>Opens the run's folder.</summary>
    public RunFolder OpenFolder(ParseResult parsed, string command, string data, ulong seed) =>
        new(parsed.GetValue(_out) ?? RunFolder.DefaultPath(command, data, seed));
}
