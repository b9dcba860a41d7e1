using System.CommandLine;
using System.Text.Json;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Cost;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;

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
        command.SetAction((parsed, cancellation) =>
        {
            var chosen = Architecture.Parse(parsed.GetValue(architecture)!);
            var preset = Preset.For(data.Name(parsed));
            var options = training.Training(parsed, preset);
            var retraining = training.Retraining(parsed, preset);
            using var context = RunContext.Open(parsed, "train", data, run, training.EmbeddingDimension(parsed));
            context.WriteConfiguration(parsed, json =>
            {
                json.WriteString("architecture", chosen.ToString());
                json.WriteNumber("seed", data.Seed(parsed));
                json.WriteString("split", data.Split(parsed).ToString().ToLowerInvariant());
                json.WriteNumber("embedding-dim", training.EmbeddingDimension(parsed));
                ConfigurationJson.Write(json, options, retraining);
            });
            var cost = CostModel.Of(chosen, context.Experiment.Shape, parsed.GetValue(convention));
            var trained = Display.Run(error, display =>
            {
                var observer = new ObserverGroup(display, new RunRecorder(context.Folder));
                observer.PhaseStarted("retrain", retraining.MaximumEpochs);
                var (model, result) = context.Experiment.TrainFromScratch(chosen, options, retraining, observer, cancellation);
                using (model)
                {
                    observer.PhaseEnded("retrain", result.Duration);
                    ModelWeights.Save(context.Folder.PathOf("weights.safetensors"), model, chosen);
                    return new TrainedArchitecture(chosen, cost, null, result, context.Experiment.Rank(model, chosen));
                }
            });
            Report(context, trained, run.Json(parsed), output);
            return Task.FromResult(ExitCode.Success);
        });
        return command;
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
