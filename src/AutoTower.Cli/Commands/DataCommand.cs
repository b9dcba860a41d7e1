using System.CommandLine;
using System.Text.Json;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Data;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower data</c>: statistics of a data set and its split.</summary>
internal static class DataCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var data = new DataOptions();
        var json = new Option<bool>("--json") { Description = "Print one JSON document and nothing else." };
        var command = new Command("data", "Shows statistics of a data set and its split.");
        data.AddTo(command);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            var dataset = data.Load(parsed, error);
            var statistics = DatasetStatistics.Compute(dataset, DataSplit.Create(dataset, data.Split(parsed), data.Seed(parsed)));
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(output, writer => WriteJson(writer, statistics));
            }
            else
            {
                WriteText(output, statistics);
            }
        });
        return command;
    }

    private static void WriteText(TextWriter output, DatasetStatistics statistics)
    {
        var paper = PaperCounts.Of(statistics.Name);
        var table = Tables.Create(statistics.Name, "what", "value")
            .Row("users", Count(statistics.Users, paper?.Users))
            .Row("items", Count(statistics.Items, paper?.Items))
            .Row("interactions", Count(statistics.Interactions, paper?.Interactions))
            .Row("density", $"{statistics.Density:P3}")
            .Row("interactions a user (mean / median / most)",
                $"{statistics.MeanSequenceLength:F1} / {statistics.MedianSequenceLength:F0} / {statistics.LongestSequence:N0}")
            .Row($"split {statistics.Protocol.ToString().ToLowerInvariant()}: training / validation / test",
                $"{statistics.Train:N0} / {statistics.Validation:N0} / {statistics.Test:N0}")
            .Row("test users", $"{statistics.TestUsers:N0}")
            .Row("interactions with an empty history", $"{statistics.EmptyHistoryShare:P2}")
            .Row("items never seen in training", $"{statistics.ItemsUnseenInTraining:N0}")
            .Row("test interactions with such an item", $"{statistics.UnseenTestShare:P2}");
        Tables.Write(output, table);
        var fields = Tables.Create("fields", "field", "embedding rows", "values", "in history");
        foreach (var field in statistics.Fields)
        {
            fields.Row(
                $"{field.Entity} {field.Name}", $"{field.Cardinality:N0}", field.IsMultiValued ? "several" : "one", field.InHistory ? "yes" : "no");
        }

        Tables.Write(output, fields);
    }

    private static string Count(int count, int? inPaper) => inPaper is null ? $"{count:N0}" : $"{count:N0} (paper: {inPaper:N0})";

    private static void WriteJson(Utf8JsonWriter writer, DatasetStatistics statistics)
    {
        writer.WriteStartObject();
        writer.WriteString("name", statistics.Name);
        writer.WriteNumber("users", statistics.Users);
        writer.WriteNumber("items", statistics.Items);
        writer.WriteNumber("interactions", statistics.Interactions);
        if (PaperCounts.Of(statistics.Name) is { } paper)
        {
            writer.WriteStartObject("paper");
            writer.WriteNumber("users", paper.Users);
            writer.WriteNumber("items", paper.Items);
            writer.WriteNumber("interactions", paper.Interactions);
            writer.WriteEndObject();
        }

        writer.WriteNumber("density", statistics.Density);
        writer.WriteNumber("mean_sequence_length", statistics.MeanSequenceLength);
        writer.WriteNumber("median_sequence_length", statistics.MedianSequenceLength);
        writer.WriteNumber("longest_sequence", statistics.LongestSequence);
        writer.WriteStartObject("split");
        writer.WriteString("protocol", statistics.Protocol.ToString().ToLowerInvariant());
        writer.WriteNumber("train", statistics.Train);
        writer.WriteNumber("validation", statistics.Validation);
        writer.WriteNumber("test", statistics.Test);
        writer.WriteNumber("test_users", statistics.TestUsers);
        writer.WriteEndObject();
        writer.WriteNumber("empty_history_share", statistics.EmptyHistoryShare);
        writer.WriteNumber("items_unseen_in_training", statistics.ItemsUnseenInTraining);
        writer.WriteNumber("unseen_test_share", statistics.UnseenTestShare);
        writer.WriteStartArray("fields");
        foreach (var field in statistics.Fields)
        {
            writer.WriteStartObject();
            writer.WriteString("entity", field.Entity);
            writer.WriteString("name", field.Name);
            writer.WriteNumber("rows", field.Cardinality);
            writer.WriteBoolean("multi_valued", field.IsMultiValued);
            writer.WriteBoolean("in_history", field.InHistory);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
