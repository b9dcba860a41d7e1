using System.CommandLine;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Cost;
using AutoTower.Search.Data;
using AutoTower.Search.Space;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower cost</c>: analytic cost of an architecture or of GoogleDNN; needs no data files.</summary>
internal static class CostCommand
{
    public static Command Create(TextWriter output)
    {
        var architecture = new Option<string?>("--architecture")
        {
            Description = "For example \"pooling=self-attention; user=mlp-512,sa-1,sa-4; item=mlp-128,mlp-512,sa-1\".",
        };
        var model = new Option<string?>("--model") { Description = $"A baseline instead: {string.Join(", ", BaselineCost.GoogleDnnLayers.Keys)}." };
        var data = DataOptions.NameOption("Whose fields and history length count", "ml-1m");
        var embedding = NumberOption.Within("--embedding-dim", "Embedding dimension E.", 16, 1, 1024);
        var convention = ConventionOption.Create();
        var json = new Option<bool>("--json") { Description = "Print one JSON document and nothing else." };
        var command = new Command("cost", "Shows parameters, multiply-accumulates and FLOPs of an architecture, per block, tower and in total.")
        {
            architecture, model, data, embedding, convention, json,
        };
        command.SetAction(parsed =>
        {
            var schema = DatasetPresets.Schema(parsed.GetValue(data)!);
            var shape = new ModelShape(schema.UserFields.Count, schema.ItemFields.Count, schema.HistoryFields.Count, schema.HistoryLength)
            {
                EmbeddingDimension = parsed.GetValue(embedding),
            };
            var (title, cost) = Compute(parsed.GetValue(architecture), parsed.GetValue(model), shape, parsed.GetValue(convention));
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(output, writer => ReportJson.Write(writer, cost));
            }
            else
            {
                ReportText.WriteCost(output, $"{title} on {schema.Name}", cost);
            }
        });
        return command;
    }

    private static (string Title, ModelCost Cost) Compute(string? architecture, string? model, ModelShape shape, CostConvention convention)
    {
        if (architecture is null == model is null)
        {
            throw new ArgumentException("Give either --architecture or --model.");
        }

        if (architecture is not null)
        {
            var parsed = Architecture.Parse(architecture);
            return (parsed.ToString(), CostModel.Of(parsed, shape, convention));
        }

        return BaselineCost.GoogleDnnLayers.TryGetValue(model!, out var layers)
            ? (model!, BaselineCost.GoogleDnn(layers, shape))
            : throw new ArgumentException($"--model takes {string.Join(", ", BaselineCost.GoogleDnnLayers.Keys)}, not '{model}'.");
    }
}
