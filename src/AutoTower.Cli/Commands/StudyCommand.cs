using System.CommandLine;
using System.Text.Json;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Reproduction;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower study fitness</c>: how well each fitness predicts the Recall@50 of architectures trained from scratch.</summary>
internal static class StudyCommand
{
    public static Command Create(TextWriter output, TextWriter error) =>
        new("study", "Studies of the method.") { Fitness(output, error) };

    private static Command Fitness(TextWriter output, TextWriter error)
    {
        var count = NumberOption.Within("--architectures", "Number of random architectures within the limits.", 40, 3, 10_000);
        var options = new SearchRunOptions();
        var run = options.Run;
        var command = new Command(
            "fitness",
            "Trains a supernet, judges random architectures by every fitness, trains each from scratch and prints Spearman correlations with Recall@50.")
        {
            count,
        };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            if (options.ShowFinished(parsed, output))
            {
                return ExitCode.Success;
            }

            var settings = options.Settings(parsed);
            using var context = RunContext.Open(
                parsed,
                options.Data,
                run,
                options.EmbeddingDimension(parsed),
                error,
                experiment => FitnessStudy.Validate(experiment, settings, parsed.GetValue(count)));
            FitnessStudy? study = null;
            try
            {
                var report = Display.Run(error, display =>
                {
                    study = new FitnessStudy(context.Experiment, settings, parsed.GetValue(count), context.Observers(display));
                    return study.Run(context.Control);
                });
                Report(context, report, run.Json(parsed), output);
                return ExitCode.Success;
            }
            catch (OperationCanceledException) when (study is not null)
            {
                output.WriteLine($"stopped after {study.Trained} of {parsed.GetValue(count)} architectures");
                output.WriteLine($"go on with: autotower study fitness --resume {context.Folder.Path}");
                return context.Stop.ExitCode;
            }
            finally
            {
                study?.Dispose();
            }
        });
        return command;
    }

    private static void Report(RunContext context, FitnessStudyReport report, bool asJson, TextWriter output)
    {
        context.Folder.WriteJson("report.json", Write);
        if (asJson)
        {
            JsonOutput.Write(output, Write);
            return;
        }

        var table = Tables.Create(
            $"Spearman correlation with Recall@50 on the test set, {report.Architectures.Count} architectures, 95 % bootstrap interval",
            "predictor",
            "protocol",
            "correlation",
            "interval");
        foreach (var (predictor, protocol, spearman) in report.Predictions)
        {
            table.Row(
                predictor, protocol.ToString().ToLowerInvariant(), $"{spearman.Correlation:F3}", $"{spearman.Low:F3} to {spearman.High:F3}");
        }

        Tables.Write(output, table);
        output.WriteLine($"run folder: {context.Folder.Path}");

        void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteString("device", context.Device.Description);
            json.WriteStartArray("predictions");
            foreach (var (predictor, protocol, spearman) in report.Predictions)
            {
                json.WriteStartObject();
                json.WriteString("predictor", predictor);
                json.WriteString("protocol", protocol.ToString().ToLowerInvariant());
                json.WriteNumber("architectures", spearman.Count);
                json.WriteOptional("spearman", spearman.Correlation);
                json.WriteOptional("low", spearman.Low);
                json.WriteOptional("high", spearman.High);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("architectures");
            foreach (var studied in report.Architectures)
            {
                json.WriteStartObject();
                json.WriteStartObject("fitness");
                foreach (var (measure, value) in studied.Fitness)
                {
                    json.WriteOptional(measure.ToString().ToLowerInvariant(), value);
                }

                json.WriteEndObject();
                json.WritePropertyName("trained");
                ReportJson.Write(json, studied.Trained);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("run_folder", context.Folder.Path);
            json.WriteEndObject();
        }
    }
}
