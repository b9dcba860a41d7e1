using System.CommandLine;
using System.Text.Json;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Cost;
using AutoTower.Search.Pipeline;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower search</c>: supernet, evolution, retraining of the best, test metrics.</summary>
internal static class SearchCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var data = new DataOptions();
        var search = new SearchOptionSet();
        var training = new TrainingOptionSet();
        var run = new RunOptions();
        var convention = ConventionOption.Create();
        var command = new Command("search", "Searches an architecture: trains the supernet, evolves, retrains the best and ranks the test set.");
        data.AddTo(command);
        search.AddTo(command);
        command.Options.Add(convention);
        training.AddTo(command);
        run.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var preset = Preset.For(data.Name(parsed));
            var settings = search.Read(
                parsed,
                preset,
                data.Seed(parsed),
                parsed.GetValue(convention),
                training.Training(parsed, preset),
                training.Retraining(parsed, preset));
            using var context = RunContext.Open(parsed, "search", data, run, training.EmbeddingDimension(parsed));
            context.WriteConfiguration(parsed, json =>
            {
                json.WriteString("split", data.Split(parsed).ToString().ToLowerInvariant());
                json.WriteNumber("embedding-dim", training.EmbeddingDimension(parsed));
                ConfigurationJson.Write(json, settings);
            });
            var report = Display.Run(error, display =>
            {
                var observer = new ObserverGroup(display, new RunRecorder(context.Folder));
                return new SearchPipeline(context.Experiment, settings, observer).Run(
                    (model, best) => ModelWeights.Save(context.Folder.PathOf("weights.safetensors"), model, best.Architecture), cancellation);
            });
            Report(context, report, run.Json(parsed), output);
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    private static void Report(RunContext context, SearchReport report, bool asJson, TextWriter output)
    {
        context.Folder.WriteText("architecture.txt", report.Trained[0].Architecture.ToString());
        context.Folder.WriteJson("report.json", Write);
        if (asJson)
        {
            JsonOutput.Write(output, Write);
            return;
        }

        var table = Tables.Create(
            $"the {report.Trained.Count} best of {report.CandidatesEvaluated:N0} candidates, best validation loss first",
            "architecture", "parameters", "FLOPs", "fitness", "validation loss", "epochs");
        foreach (var trained in report.Trained)
        {
            table.Row(
                trained.Architecture.ToString(),
                $"{trained.Cost.Total.Parameters:N0}",
                $"{trained.Cost.Total.Flops:N0}",
                $"{trained.Fitness:F4}",
                $"{trained.Retraining.BestValidationLoss:F4}",
                $"{trained.Retraining.BestEpoch}");
        }

        Tables.Write(output, table);
        ReportText.WriteMetrics(output, report.Popularity, report.Trained);
        output.WriteLine(
            $"supernet {ProgressText.Duration(report.SupernetTime)}, evolution {ProgressText.Duration(report.EvolutionTime)}, "
            + $"retraining {ProgressText.Duration(report.RetrainingTime)} on {context.Device.Name}");
        output.WriteLine($"run folder: {context.Folder.Path}");

        void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WritePropertyName("search");
            ReportJson.Write(json, report);
            json.WriteString("run_folder", context.Folder.Path);
            json.WriteEndObject();
        }
    }
}
