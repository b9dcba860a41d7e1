using System.CommandLine;
using System.Text.Json;
using AutoTower.Autograd.Devices;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Baselines;
using AutoTower.Search.Cost;
using AutoTower.Search.Models;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Training;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower train</c>: one architecture or baseline from scratch, with test metrics under both protocols.</summary>
internal static class TrainCommand
{
    public static Command Create(TextWriter output, TextWriter error, Device? device)
    {
        var model = new ModelOptions();
        var data = new DataOptions();
        var training = new TrainingOptionSet();
        var run = new RunOptions(device);
        var convention = ConventionOption.Create();
        var command = new Command("train", "Trains one architecture or baseline from scratch and ranks the test set.");
        model.AddTo(command);
        command.Options.Add(convention);
        data.AddTo(command);
        training.AddTo(command);
        run.AddTo(command);
        command.SetAction(parsed =>
        {
            if (FinishedRun.Show(run.Resume(parsed), run.Json(parsed), output))
            {
                return ExitCode.Success;
            }

            var architecture = model.Architecture(parsed) is { } text ? Architecture.Parse(text) : null;
            var isUntrained = model.Baseline(parsed) is { } name && BaselineCatalog.IsUntrained(name);
            var options = training.Training(parsed);
            var retraining = training.Retraining(parsed);
            using var context = RunContext.Open(parsed, data, run, training.EmbeddingDimension(parsed), error);
            if (isUntrained)
            {
                Report(context, Count(context.Experiment, model.Baseline(parsed)!), run.Json(parsed), output);
                return ExitCode.Success;
            }

            using var job = architecture is not null
                ? new ModelTraining(context.Experiment, architecture, options, retraining, parsed.GetValue(convention))
                : new ModelTraining(context.Experiment, BaselineCatalog.Find(model.Baseline(parsed)!), options, retraining, parsed.GetValue(convention));
            try
            {
                var trained = Display.Run(error, display => Train(context, job, retraining, context.Observers(display)));
                context.Observers().Trained(trained);
                ModelWeights.Save(context.Folder.PathOf("weights.safetensors"), job.Model);
                Report(context, trained, run.Json(parsed), output);
                return ExitCode.Success;
            }
            catch (OperationCanceledException)
            {
                StoppedReport.Write(output, job.Training.Epochs, context.Folder.Path, run.Json(parsed));
                return context.Stop.ExitCode;
            }
        });
        return command;
    }

    private static RankedModel Count(Experiment experiment, string name)
    {
        ItemRanker ranker = name == BaselineCatalog.MostPopular
            ? new MostPopular(experiment.Dataset, experiment.Split)
            : new ItemNeighbours(experiment.Dataset, experiment.Split);
        return new RankedModel(name, experiment.Rank(ranker));
    }

    private static TrainedModel Train(RunContext context, ModelTraining job, RetrainingOptions retraining, IRunObserver observer)
    {
        context.Control.Track("training", job.Training);
        observer.PhaseStarted("retrain", retraining.MaximumEpochs);
        var trained = job.Run(observer, context.Control);
        observer.PhaseEnded("retrain", trained.Retraining.Duration);
        return trained;
    }

    private static void Report(RunContext context, RankedModel ranked, bool asJson, TextWriter output)
    {
        var popularity = context.Experiment.Popularity();
        if (ranked is TrainedArchitecture)
        {
            context.Folder.WriteText("architecture.txt", ranked.Name);
        }

        context.Folder.WriteJson("report.json", Write);
        if (asJson)
        {
            JsonOutput.Write(output, Write);
            return;
        }

        output.WriteLine(ranked is TrainedArchitecture ? $"architecture: {ranked.Name}" : $"model: {ranked.Name}");
        if (ranked is TrainedModel { Cost.Total: var cost, Retraining: var retraining })
        {
            output.WriteLine($"cost: {cost.Parameters / 1e6:F3} M parameters, {cost.Flops / 1e6:F3} M FLOPs");
            output.WriteLine($"best epoch {retraining.BestEpoch} of {retraining.Epochs.Count}, {ProgressText.Duration(retraining.Duration)}");
        }

        ReportText.WriteMetrics(output, popularity, ranked.Name == BaselineCatalog.MostPopular ? [] : [ranked]);
        output.WriteLine($"run folder: {context.Folder.Path}");

        void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WritePropertyName("trained");
            ReportJson.Write(json, ranked);
            ReportJson.WriteMetrics(json, "popularity", popularity);
            json.WriteString("run_folder", context.Folder.Path);
            json.WriteEndObject();
        }
    }
}
