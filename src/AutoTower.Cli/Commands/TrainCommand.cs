using System.CommandLine;
using System.Text.Json;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Cost;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Training;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower train</c>: one architecture from scratch, with test metrics under both protocols.</summary>
internal static class TrainCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var architecture = new Option<string>("--architecture")
        {
            Description = "For example \"pooling=self-attention; user=mlp-512,sa-1,sa-4; item=mlp-128,mlp-512,sa-1\".",
            Required = true,
        };
        var data = new DataOptions();
        var training = new TrainingOptionSet();
        var run = new RunOptions();
        var convention = ConventionOption.Create();
        var command = new Command("train", "Trains one architecture from scratch and ranks the test set.") { architecture, convention };
        data.AddTo(command);
        training.AddTo(command);
        run.AddTo(command);
        command.SetAction(parsed =>
        {
            if (FinishedRun.Show(run.Resume(parsed), run.Json(parsed), output))
            {
                return ExitCode.Success;
            }

            var chosen = Architecture.Parse(parsed.GetValue(architecture)!);
            var options = training.Training(parsed);
            var retraining = training.Retraining(parsed);
            using var context = RunContext.Open(parsed, data, run, training.EmbeddingDimension(parsed), error);
            var cost = CostModel.Of(chosen, context.Experiment.Shape, parsed.GetValue(convention));
            using var model = context.Experiment.NewModel(SearchSpace.Only(chosen));
            using var job = new ScratchTraining(context.Experiment, model, chosen, options, retraining);
            try
            {
                var result = Display.Run(error, display => Train(context, job, retraining, context.Observers(display)));
                var trained = new TrainedArchitecture(chosen, cost, null, result, context.Experiment.Rank(model, chosen));
                context.Observers().Trained(trained);
                ModelWeights.Save(context.Folder.PathOf("weights.safetensors"), model, chosen);
                Report(context, trained, run.Json(parsed), output);
                return ExitCode.Success;
            }
            catch (OperationCanceledException)
            {
                StoppedReport.Write(output, job.Epochs, context.Folder.Path, run.Json(parsed));
                return context.Stop.ExitCode;
            }
        });
        return command;
    }

    private static RetrainingResult Train(RunContext context, ScratchTraining job, RetrainingOptions retraining, IRunObserver observer)
    {
        context.Control.Track("training", job);
        observer.PhaseStarted("retrain", retraining.MaximumEpochs);
        var result = job.Run(observer, context.Control);
        observer.PhaseEnded("retrain", result.Duration);
        return result;
    }

    private static void Report(RunContext context, TrainedArchitecture trained, bool asJson, TextWriter output)
    {
        var popularity = context.Experiment.Popularity();
        context.Folder.WriteText("architecture.txt", trained.Architecture.ToString());
        context.Folder.WriteJson("report.json", Write);
        if (asJson)
        {
            JsonOutput.Write(output, Write);
            return;
        }

        output.WriteLine($"architecture: {trained.Architecture}");
        output.WriteLine($"cost: {trained.Cost.Total.Parameters / 1e6:F3} M parameters, {trained.Cost.Total.Flops / 1e6:F3} M FLOPs");
        output.WriteLine(
            $"best epoch {trained.Retraining.BestEpoch} of {trained.Retraining.Epochs.Count}, {ProgressText.Duration(trained.Retraining.Duration)}");
        ReportText.WriteMetrics(output, popularity, [trained]);
        output.WriteLine($"run folder: {context.Folder.Path}");

        void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WritePropertyName("trained");
            ReportJson.Write(json, trained);
            ReportJson.WriteMetrics(json, "popularity", popularity);
            json.WriteString("run_folder", context.Folder.Path);
            json.WriteEndObject();
        }
    }
}
