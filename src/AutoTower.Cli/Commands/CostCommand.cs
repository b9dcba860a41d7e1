using System.CommandLine;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Baselines;
using AutoTower.Search.Cost;
using AutoTower.Search.Data;
using AutoTower.Search.Space;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower cost</c>: analytic cost of an architecture or of a baseline; needs no data files.</summary>
internal static class CostCommand
{
    public static Command Create(TextWriter output)
    {
        var model = new ModelOptions();
        var data = DataOptions.NameOption("Whose fields and history length count", "ml-1m");
        var embedding = NumberOption.Within("--embedding-dim", "Embedding dimension E.", 16, 1, 1024);
        var convention = ConventionOption.Create();
        var json = new Option<bool>("--json") { Description = "Print one JSON document and nothing else." };
        var command = new Command("cost", "Shows parameters, multiply-accumulates and FLOPs of an architecture or baseline, per block, tower and in total.")
        {
            data, embedding, convention, json,
        };
        model.AddTo(command);
        command.SetAction(parsed =>
        {
            var schema = DatasetPresets.Schema(parsed.GetValue(data)!);
            var shape = new ModelShape(schema.UserFields.Count, schema.ItemFields.Count, schema.HistoryFields.Count, schema.HistoryLength)
            {
                EmbeddingDimension = parsed.GetValue(embedding),
            };
            var (title, cost, printed) = Compute(
                model.Architecture(parsed), model.Baseline(parsed), schema.Name, shape, parsed.GetValue(convention));
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(output, writer => ReportJson.Write(writer, cost, printed));
            }
            else
            {
                ReportText.WriteCost(output, $"{title} on {schema.Name}", cost, printed);
            }
        });
        return command;
    }

    private static (string Title, ModelCost Cost, PrintedCost? Printed) Compute(
        string? architecture, string? baseline, string data, ModelShape shape, CostConvention convention)
    {
        if (architecture is not null)
        {
            var parsed = Architecture.Parse(architecture);
            return (parsed.ToString(), CostModel.Of(parsed, shape, convention), null);
        }

        var model = BaselineCatalog.Find(baseline!);
        return (model.Name, BaselineCost.Of(model, shape, convention), PrintedCost.Of(model.Name, data));
    }
}
