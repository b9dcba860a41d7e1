using System.Text.Json;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Training;

namespace AutoTower.Cli.Output;

/// <summary>What a run that was asked to stop has found up to here, and how it goes on.</summary>
internal static class StoppedReport
{
    /// <summary>Of a search.</summary>
    public static void Write(TextWriter output, SearchProgress progress, Experiment experiment, string folder, bool asJson)
    {
        if (asJson)
        {
            JsonOutput.Write(output, json => Write(json, progress, folder));
            return;
        }

        output.WriteLine(
            $"stopped in phase {Name(progress.Phase)}: {progress.Steps:N0} supernet steps, {progress.CandidatesEvaluated:N0} candidates, "
            + $"{progress.Trained.Count} architectures retrained");
        if (progress.Best.Count > 0)
        {
            var table = Tables.Create("best candidates so far", "architecture", "fitness");
            foreach (var candidate in progress.Best)
            {
                table.Row(candidate.Architecture.ToString(), $"{candidate.Loss:F4}");
            }

            Tables.Write(output, table);
        }

        if (progress.Trained.Count > 0)
        {
            ReportText.WriteTrained(output, "retrained so far", progress.Trained);
            ReportText.WriteMetrics(output, experiment.Popularity(), progress.Trained);
        }

        WriteHowToGoOn(output, "search", folder);
    }

    /// <summary>Of the training of one architecture.</summary>
    public static void Write(TextWriter output, IReadOnlyList<EpochRecord> epochs, string folder, bool asJson)
    {
        if (asJson)
        {
            JsonOutput.Write(output, json =>
            {
                json.WriteStartObject();
                json.WriteStartObject("stopped");
                ReportJson.WriteEpochs(json, epochs);
                json.WriteEndObject();
                json.WriteString("run_folder", folder);
                json.WriteEndObject();
            });
            return;
        }

        var best = epochs.MinBy(epoch => epoch.ValidationLoss);
        output.WriteLine(best is null
            ? "stopped in the first epoch"
            : $"stopped after {epochs.Count} epochs; the best is {best.Epoch} with validation loss {best.ValidationLoss:F4}");
        WriteHowToGoOn(output, "train", folder);
    }

    private static void WriteHowToGoOn(TextWriter output, string command, string folder) =>
        output.WriteLine($"go on with: autotower {command} --resume {folder}");

    private static void Write(Utf8JsonWriter json, SearchProgress progress, string folder)
    {
        json.WriteStartObject();
        json.WriteStartObject("stopped");
        json.WriteString("phase", Name(progress.Phase));
        json.WriteNumber("steps", progress.Steps);
        json.WriteNumber("candidates_evaluated", progress.CandidatesEvaluated);
        json.WriteStartArray("best");
        foreach (var candidate in progress.Best)
        {
            json.WriteStartObject();
            json.WriteString("architecture", candidate.Architecture.ToString());
            json.WriteNumber("fitness", candidate.Loss);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("trained");
        foreach (var trained in progress.Trained)
        {
            ReportJson.Write(json, trained);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteString("run_folder", folder);
        json.WriteEndObject();
    }

    private static string Name(SearchPhase phase) => phase.ToString().ToLowerInvariant();
}
