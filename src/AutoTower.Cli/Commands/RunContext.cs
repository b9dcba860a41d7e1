using System.CommandLine;
using AutoTower.Autograd.Devices;
using AutoTower.Cli.Experiments;
using AutoTower.Cli.Options;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Artefacts.TensorBoard;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Data;
using AutoTower.Search.Pipeline;

namespace AutoTower.Cli.Commands;

/// <summary>
/// What a command that trains holds while it runs: device, data on it, run folder with its recorders, checkpoints, signals; released
/// together.
/// </summary>
internal sealed class RunContext : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly List<IRunObserver> _recorders = [];

    private RunContext(StopSignals stop, Device device, Experiment experiment, RunFolder folder, RunControl control)
    {
        Stop = stop;
        Device = device;
        Experiment = experiment;
        Folder = folder;
        Control = control;
    }

    public StopSignals Stop { get; }

    public Device Device { get; }

    public Experiment Experiment { get; }

    public RunFolder Folder { get; }

    public RunControl Control { get; }

    /// <summary>Starts a run, or opens the one that is to go on; says on <paramref name="error"/> which checkpoint it goes on from.</summary>
    /// <param name="parsed">The options.</param>
    /// <param name="data">Which data set.</param>
    /// <param name="run">Where and how to run.</param>
    /// <param name="embeddingDimension">E.</param>
    /// <param name="error">Told what a person should know.</param>
    /// <param name="check">Refuses settings before there is a run folder: a run that can't start leaves none.</param>
    public static RunContext Open(
        ParseResult parsed, DataOptions data, RunOptions run, int embeddingDimension, TextWriter error, Action<Experiment>? check = null)
    {
        var owned = new List<IDisposable>();
        try
        {
            var seed = data.Seed(parsed);
            var dataset = data.Load(parsed, error);
            var device = run.CreateDevice(parsed);
            if (run.OwnsDevice)
            {
                Own(device);
            }

            var experiment = Own(new Experiment(device, dataset, data.Split(parsed), embeddingDimension, seed));
            check?.Invoke(experiment);
            var folder = Own(run.OpenFolder(parsed, parsed.CommandResult.Command.Name, dataset.Name, seed));
            var digest = DatasetDigest.Of(dataset);
            var checkpoints = new CheckpointFolder(folder.PathOf("checkpoints"), RunConfiguration.Identity(parsed, digest));
            var isResumed = run.Resume(parsed) is not null;
            var resumed = isResumed ? checkpoints.OpenNewest(warning => error.WriteLine($"autotower: {warning}")) : null;
            if (resumed is not null)
            {
                Own(resumed);
            }

            if (isResumed)
            {
                error.WriteLine(resumed is null
                    ? $"autotower: {folder.Path} has no checkpoint that can be used; the run starts from its beginning."
                    : $"autotower: going on from {resumed.Path}.");
            }
            else
            {
                folder.WriteJson(RunFolder.ConfigurationFile, json => RunConfiguration.Write(json, parsed, device.Name, digest));
            }

            var stop = Own(new StopSignals(error));
            var control = new RunControl(checkpoints, run.Interval(parsed), resumed, stop.Token);
            var context = new RunContext(stop, device, experiment, folder, control);
            if (isResumed && resumed is null)
            {
                folder.Clear();
            }

            control.Track("folder", folder);
            context._recorders.Add(new RunRecorder(folder));
            if (run.TensorBoard(parsed))
            {
                context.AddTensorBoard(Own(new TensorBoardRecorder(folder.Path)), startsAgain: isResumed && resumed is null);
            }

            context._owned.AddRange(owned);
            return context;
        }
        catch
        {
            Release(owned);
            throw;
        }

        T Own<T>(T resource)
            where T : IDisposable
        {
            owned.Add(resource);
            return resource;
        }
    }

    /// <summary>The recorders of the run folder, with <paramref name="displays"/> before them.</summary>
    public IRunObserver Observers(params ReadOnlySpan<IRunObserver> displays) => new ObserverGroup([.. displays, .. _recorders]);

    public void Dispose() => Release(_owned);

    private static void Release(List<IDisposable> owned)
    {
        foreach (var resource in Enumerable.Reverse(owned))
        {
            resource.Dispose();
        }
    }

    private void AddTensorBoard(TensorBoardRecorder recorder, bool startsAgain)
    {
        if (startsAgain)
        {
            recorder.Clear();
        }

        Control.Track("tensorboard", recorder);
        _recorders.Add(recorder);
    }
}
