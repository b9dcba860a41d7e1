using System.CommandLine;
using System.Text.Json;
using AutoTower.Autograd.Devices;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Cost;
using AutoTower.Search.Pipeline;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower search</c>: supernet, search by a strategy, retraining of the best, test metrics.</summary>
internal static class SearchCommand
{
    public static Command Create(TextWriter output, TextWriter error, Device? device)
    {
        var options = new SearchRunOptions(device);
        var run = options.Run;
        var command = new Command("search", "Searches an architecture: trains the supernet, searches it, retrains the best and ranks the test set.");
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            if (options.ShowFinished(parsed, output))
            {
                return ExitCode.Success;
            }

            var settings = options.Settings(parsed);
            using var context = RunContext.Open(
                parsed, options.Data, run, options.EmbeddingDimension(parsed), error, experiment => SearchPipeline.Validate(experiment, settings));
            SearchPipeline? pipeline = null;
            try
            {
                var report = Display.Run(error, display =>
                {
                    pipeline = new SearchPipeline(context.Experiment, settings, context.Observers(display));
                    return pipeline.Run(
                        (model, best) => ModelWeights.Save(context.Folder.PathOf("weights.safetensors"), model.At(best.Architecture)),
                        context.Control);
                });
                Report(context, report, run.Json(parsed), output);
                return ExitCode.Success;
            }
            catch (OperationCanceledException) when (pipeline is not null)
            {
                StoppedReport.Write(output, pipeline.Progress, context.Experiment, context.Folder.Path, run.Json(parsed));
                return context.Stop.ExitCode;
            }
            finally
            {
                pipeline?.Dispose();
            }
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

        if (report.Front.Count > 0)
        {
            ReportText.WriteFront(output, report.Front);
        }

        ReportText.WriteTrained(
            output, $"{report.Trained.Count} of {report.CandidatesEvaluated:N0} candidates trained from scratch, best validation loss first", report.Trained);
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
