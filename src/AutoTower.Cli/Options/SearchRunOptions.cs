using System.CommandLine;
using AutoTower.Autograd.Devices;
using AutoTower.Cli.Output;
using AutoTower.Search.Cost;
using AutoTower.Search.Pipeline;

namespace AutoTower.Cli.Options;

/// <summary>The options of a run that trains a supernet and architectures from scratch, as `search` and `study fitness` do.</summary>
/// <param name="device">The device to run on, instead of the one that options choose.</param>
internal sealed class SearchRunOptions(Device? device = null)
{
    private readonly SearchOptionSet _search = new();
    private readonly TrainingOptionSet _training = new();
    private readonly Option<CostConvention> _convention = ConventionOption.Create();

    /// <summary>Which data set.</summary>
    public DataOptions Data { get; } = new();

    /// <summary>Where and how to run.</summary>
    public RunOptions Run { get; } = new(device);

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        Data.AddTo(command);
        _search.AddTo(command);
        command.Options.Add(_convention);
        _training.AddTo(command);
        Run.AddTo(command);
    }

    /// <summary>Shows the result of a run that is to go on but is over; false where there is something to do.</summary>
    public bool ShowFinished(ParseResult parsed, TextWriter output) => FinishedRun.Show(Run.Resume(parsed), Run.Json(parsed), output);

    /// <summary>Sizes of the search.</summary>
    public SearchSettings Settings(ParseResult parsed) =>
        _search.Read(parsed, Data.Seed(parsed), parsed.GetValue(_convention), _training.Training(parsed), _training.Retraining(parsed));

    /// <summary>E.</summary>
    public int EmbeddingDimension(ParseResult parsed) => _training.EmbeddingDimension(parsed);
}
