using AutoTower.Search.Reproduction;

namespace AutoTower.Search.Cost;

/// <summary>What the paper's Table 4 prints for a baseline on a data set, in millions, with two digits.</summary>
/// <param name="Parameters">Parameters.</param>
/// <param name="Flops">FLOPs.</param>
public sealed record PrintedCost(double Parameters, double Flops)
{
    /// <summary>The cells of a baseline; null where Table 4 has none.</summary>
    /// <param name="model">Name of the baseline, for example <c>google-dnn-m</c>.</param>
    /// <param name="data">Name of the data set.</param>
    public static PrintedCost? Of(string model, string data) =>
        PrintedResults.Table4(model, data) is { Parameters: { } parameters, Flops: { } flops } ? new PrintedCost(parameters, flops) : null;
}
