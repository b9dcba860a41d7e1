using System.Text.Json;
using AutoTower.Search.Cost;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Training;

namespace AutoTower.Cli.Output;

/// <summary>How results look in JSON, the same on standard output and in the run folder.</summary>
internal static class ReportJson
{
    public static void Write(Utf8JsonWriter writer, SearchReport report)
    {
        writer.WriteStartObject();
        writer.WriteString("architecture", report.Trained[0].Architecture.ToString());
        writer.WriteStartArray("trained");
        foreach (var trained in report.Trained)
        {
            Write(writer, trained);
        }

        writer.WriteEndArray();
        if (report.Front.Count > 0)
        {
            WriteFront(writer, report.Front);
        }

        WriteMetrics(writer, "popularity", report.Popularity);
        writer.WriteNumber("candidates_evaluated", report.CandidatesEvaluated);
        writer.WriteStartObject("seconds");
        writer.WriteNumber("supernet", Math.Round(report.SupernetTime.TotalSeconds, 3));
        writer.WriteNumber("evolution", Math.Round(report.EvolutionTime.TotalSeconds, 3));
        writer.WriteNumber("retraining", Math.Round(report.RetrainingTime.TotalSeconds, 3));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, RankedModel ranked)
    {
        writer.WriteStartObject();
        writer.WriteString(ranked is TrainedArchitecture ? "architecture" : "model", ranked.Name);
        if (ranked is TrainedModel trained)
        {
            writer.WriteNumber("params", trained.Cost.Total.Parameters);
            writer.WriteNumber("flops", trained.Cost.Total.Flops);
            if (trained is TrainedArchitecture { Fitness: { } fitness })
            {
                writer.WriteNumber("fitness", fitness);
            }

            writer.WriteNumber("best_epoch", trained.Retraining.BestEpoch);
            writer.WriteNumber("best_validation_loss", trained.Retraining.BestValidationLoss);
            writer.WriteNumber("seconds", Math.Round(trained.Retraining.Duration.TotalSeconds, 3));
            WriteEpochs(writer, trained.Retraining.Epochs);
            if (trained.Ranking.Validation is { } validation)
            {
                writer.WritePropertyName("validation");
                validation.WriteJson(writer);
            }
        }

        WriteMetrics(writer, "test", ranked.Test);
        writer.WriteEndObject();
    }

    private static void WriteFront(Utf8JsonWriter writer, IReadOnlyList<FrontMember> front)
    {
        writer.WriteStartArray("front");
        foreach (var member in front)
        {
            writer.WriteStartObject();
            writer.WriteString("architecture", member.Architecture.ToString());
            writer.WriteNumber("params", member.Cost.Total.Parameters);
            writer.WriteNumber("flops", member.Cost.Total.Flops);
            writer.WriteNumber("fitness", member.Fitness);
            if (member.LatencyMilliseconds is { } latency)
            {
                writer.WriteNumber("latency_ms", Math.Round(latency, 5));
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WriteEpochs(Utf8JsonWriter writer, IReadOnlyList<EpochRecord> epochs)
    {
        writer.WriteStartArray("epochs");
        foreach (var epoch in epochs)
        {
            writer.WriteStartObject();
            writer.WriteNumber("epoch", epoch.Epoch);
            writer.WriteNumber("training_loss", epoch.TrainingLoss);
            writer.WriteNumber("validation_loss", epoch.ValidationLoss);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WriteMetrics(
        Utf8JsonWriter writer, string name, IReadOnlyDictionary<EvaluationProtocol, RankingMetrics> metrics)
    {
        writer.WriteStartObject(name);
        foreach (var (protocol, values) in metrics)
        {
            writer.WritePropertyName(protocol.ToString().ToLowerInvariant());
            values.WriteJson(writer);
        }

        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, ModelCost cost, PrintedCost? printed)
    {
        writer.WriteStartObject();
        WriteTower(writer, "user", cost.User);
        WriteTower(writer, "item", cost.Item);
        writer.WriteStartObject("total");
        WriteComplexity(writer, cost.Total);
        writer.WriteEndObject();
        if (printed is not null)
        {
            writer.WriteStartObject("printed");
            writer.WriteNumber("params", Math.Round(1e6 * printed.Parameters));
            writer.WriteNumber("flops", Math.Round(1e6 * printed.Flops));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteTower(Utf8JsonWriter writer, string name, TowerCost tower)
    {
        writer.WriteStartObject(name);
        WriteComplexity(writer, tower.Total);
        writer.WriteStartArray("blocks");
        foreach (var part in tower.Parts)
        {
            writer.WriteStartObject();
            writer.WriteString("name", part.Name);
            WriteComplexity(writer, part.Complexity);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteComplexity(Utf8JsonWriter writer, Search.Space.Complexity complexity)
    {
        writer.WriteNumber("params", complexity.Parameters);
        writer.WriteNumber("macs", complexity.MultiplyAccumulates);
        writer.WriteNumber("flops", complexity.Flops);
    }
}
