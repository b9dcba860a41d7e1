using System.CommandLine;
using System.Text.Json;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Retrieval;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower recommend</c>: the best items of a run for one user, known or new.</summary>
internal static class RecommendCommand
{
    public static Command Create(TextWriter output)
    {
        var run = new TrainedRunOptions();
        var user = new Option<string>("--user") { Description = "The data set's id of the user; a new one needs --history.", Required = true };
        var k = NumberOption.Within("--k", "Number of items.", 50, 1, IRankingKernels.LargestK);
        var history = new Option<string?>("--history")
        {
            Description = "Ids of the items that the user has seen, the latest last, separated by commas; by default what the data set has.",
        };
        var excludeSeen = new Option<bool>("--exclude-seen") { Description = "Leave out the items that the user has seen." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document and nothing else." };
        var command = new Command("recommend", "Lists the best items of a run for a user.");
        run.AddTo(command);
        Option[] own = [user, k, history, excludeSeen, json];
        foreach (var option in own)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            using var device = run.CreateDevice(parsed);
            using var trained = run.Open(parsed, device);
            using var recommender = new Recommender(trained.Model);
            var name = parsed.GetValue(user)!;
            var seen = parsed.GetValue(history)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            var found = recommender.Recommend(name, parsed.GetValue(k), seen, parsed.GetValue(excludeSeen));
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(output, writer => WriteJson(writer, name, found));
            }
            else
            {
                WriteText(output, name, found);
            }
        });
        return command;
    }

    private static void WriteText(TextWriter output, string user, IReadOnlyList<Recommendation> found)
    {
        var table = Tables.Create($"for user {user}", "rank", "item", "title", "score");
        foreach (var item in found)
        {
            table.Row($"{item.Rank}", item.Item, item.Title ?? string.Empty, $"{item.Score:F4}");
        }

        Tables.Write(output, table);
    }

    private static void WriteJson(Utf8JsonWriter writer, string user, IReadOnlyList<Recommendation> found)
    {
        writer.WriteStartObject();
        writer.WriteString("user", user);
        writer.WriteStartArray("items");
        foreach (var item in found)
        {
            writer.WriteStartObject();
            writer.WriteNumber("rank", item.Rank);
            writer.WriteString("item", item.Item);
            if (item.Title is { } title)
            {
                writer.WriteString("title", title);
            }

            writer.WriteNumber("score", item.Score);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
