using System.Text.Json;

namespace AutoTower.Search.Benchmarks.Growth;

/// <summary>Supernet training of one shape.</summary>
/// <param name="Shape">The sizes.</param>
public sealed record GrowthResult(GrowthShape Shape)
{
    /// <summary>Why there are no numbers, in one sentence; null where there are.</summary>
    public string? Failure { get; init; }

    /// <summary>Steps.</summary>
    public Timing? Steps { get; init; }

    /// <summary>Time to generate the data.</summary>
    public TimeSpan DataTime { get; init; }

    /// <summary>Time to split and upload the data and to draw the model.</summary>
    public TimeSpan SetUpTime { get; init; }

    /// <summary>Trainable values of the supernet, embedding tables included.</summary>
    public long Parameters { get; init; }

    /// <summary>What ran in kernels of whole towers and histories.</summary>
    public FusedWork? Fused { get; init; }

    /// <summary>Memory while training.</summary>
    public MemoryUse? Memory { get; init; }

    /// <summary>Examples a second.</summary>
    public double ExamplesASecond => Steps is null ? 0 : Steps.UnitsASecond * Shape.BatchSize;

    /// <summary>Writes everything as an object.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="series">What grows.</param>
    /// <param name="value">Its value.</param>
    public void WriteJson(Utf8JsonWriter json, string series, int value)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteString("series", series);
        json.WriteNumber("value", value);
        json.WriteNumber("users", Shape.Users);
        json.WriteNumber("items", Shape.Items);
        json.WriteNumber("interactions", Shape.Interactions);
        json.WriteNumber("history", Shape.HistoryLength);
        json.WriteNumber("blocks", Shape.Blocks);
        json.WriteNumber("batch", Shape.BatchSize);
        if (Failure is not null)
        {
            json.WriteString("failure", Failure);
        }
        else
        {
            WriteNumbers(json);
        }

        json.WriteEndObject();
    }

    private void WriteNumbers(Utf8JsonWriter json)
    {
        json.WriteNumber("steps_a_second", Steps!.UnitsASecond);
        json.WriteNumber("examples_a_second", ExamplesASecond);
        json.WritePropertyName("steps");
        Steps.WriteJson(json);
        json.WriteNumber("data_seconds", Math.Round(DataTime.TotalSeconds, 3));
        json.WriteNumber("set_up_seconds", Math.Round(SetUpTime.TotalSeconds, 3));
        json.WriteNumber("parameters", Parameters);
        Memory!.WriteJson(json);
        json.WriteNumber("fused_towers_share", Fused!.Towers);
        WriteNames(json, "fused_poolings", Fused.Poolings);
        WriteNames(json, "other_poolings", Fused.OtherPoolings);
    }

    private static void WriteNames(Utf8JsonWriter json, string property, IReadOnlyList<string> names)
    {
        json.WriteStartArray(property);
        foreach (var name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }
}
