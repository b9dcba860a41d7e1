using System.Text.Json;
using AutoTower.Search.Artefacts;

namespace AutoTower.Search.Comparison;

/// <summary>Statistics over runs as members of the JSON object at hand.</summary>
public static class ComparisonJson
{
    /// <summary>Writes `mean` and `standard_deviation`.</summary>
    public static void WriteStatistics(this Utf8JsonWriter json, Sample sample)
    {
        json.WriteOptional("mean", sample.Mean);
        json.WriteOptional("standard_deviation", sample.StandardDeviation);
    }

    /// <summary>Writes `pairs`, `mean_difference`, `t` and `p` of a paired t-test.</summary>
    public static void WriteTest(this Utf8JsonWriter json, PairedTest test)
    {
        json.WriteNumber("pairs", test.Pairs);
        json.WriteOptional("mean_difference", test.MeanDifference);
        json.WriteOptional("t", test.T);
        json.WriteOptional("p", test.P);
    }
}
