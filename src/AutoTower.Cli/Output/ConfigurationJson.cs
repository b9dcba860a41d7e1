using System.Text.Json;
using AutoTower.Search.Evolution;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Training;

namespace AutoTower.Cli.Output;

/// <summary>Settings in <c>config.json</c>, under the names of the options.</summary>
internal static class ConfigurationJson
{
    public static void Write(Utf8JsonWriter json, TrainingOptions training, RetrainingOptions retraining)
    {
        json.WriteNumber("batch", training.BatchSize);
        json.WriteNumber("temperature", training.Temperature);
        json.WriteNumber("frequency-rate", training.FrequencyRate);
        json.WriteNumber("regulariser", training.Regulariser);
        json.WriteNumber("learning-rate", training.Adam.LearningRate);
        json.WriteNumber("weight-decay", training.Adam.WeightDecay);
        json.WriteNumber("maximum-norm", training.Adam.MaximumNorm);
        json.WriteNumber("epochs", retraining.MaximumEpochs);
        json.WriteNumber("patience", retraining.Patience);
        json.WriteBoolean("new-optimiser-each-epoch", retraining.NewOptimiserEachEpoch);
        if (retraining.TimeLimit is { } limit)
        {
            json.WriteNumber("max-minutes", limit.TotalMinutes);
        }
    }

    public static void Write(Utf8JsonWriter json, SearchSettings settings)
    {
        json.WriteNumber("seed", settings.Seed);
        json.WriteNumber("user-blocks", settings.UserBlocks);
        json.WriteNumber("item-blocks", settings.ItemBlocks);
        json.WriteNumber("steps", settings.Steps);
        json.WriteNumber("iterations", settings.Evolution.Iterations);
        json.WriteNumber("population", settings.Evolution.Population);
        json.WriteNumber("parents", settings.Evolution.Parents);
        json.WriteNumber("mutation-probability", settings.Evolution.MutationProbability);
        json.WriteNumber("statistics-batches", settings.Fitness.StatisticsBatches);
        json.WriteNumber("fitness-batches", settings.Fitness.LossBatches);
        json.WriteString("statistics", settings.Fitness.Merging.ToString().ToLowerInvariant());
        json.WriteString("convention", settings.Convention.ToString().ToLowerInvariant());
        json.WriteNumber("top", settings.Top);
        Write(json, settings.Limits);
        Write(json, settings.Training, settings.Retraining);
    }

    private static void Write(Utf8JsonWriter json, ComplexityLimits limits)
    {
        Limit("max-params", limits.MaxParameters);
        Limit("max-flops", limits.MaxFlops);
        Limit("max-user-params", limits.MaxUserParameters);
        Limit("max-user-flops", limits.MaxUserFlops);
        Limit("max-item-params", limits.MaxItemParameters);
        Limit("max-item-flops", limits.MaxItemFlops);

        void Limit(string name, double? value)
        {
            if (value is { } number)
            {
                json.WriteNumber(name, number);
            }
        }
    }
}
