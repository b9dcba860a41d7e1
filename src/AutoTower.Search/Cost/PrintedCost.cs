namespace AutoTower.Search.Cost;

/// <summary>What the paper's Table 4 prints for a baseline on a data set, in millions, with two digits.</summary>
/// <param name="Parameters">Parameters.</param>
/// <param name="Flops">FLOPs.</param>
public sealed record PrintedCost(double Parameters, double Flops)
{
    private static readonly string[] DataSets = ["ml-100k", "ml-1m", "yelp", "amazon-books"];

    private static readonly Dictionary<string, (double Parameters, double Flops)[]> Cells = new()
    {
        ["google-dnn-l"] = [(0.21, 0.14), (0.21, 0.14), (0.24, 0.15), (0.19, 0.13)],
        ["google-dnn-m"] = [(0.43, 0.25), (0.43, 0.25), (0.50, 0.28), (0.39, 0.23)],
        ["google-dnn-h"] = [(1.57, 0.81), (1.57, 0.81), (1.70, 0.88), (1.49, 0.77)],
        ["senet-l"] = [(0.21, 0.14), (0.21, 0.14), (0.24, 0.15), (0.19, 0.13)],
        ["senet-m"] = [(0.43, 0.25), (0.43, 0.25), (0.50, 0.28), (0.39, 0.23)],
        ["senet-h"] = [(1.57, 0.81), (1.57, 0.81), (1.70, 0.88), (1.49, 0.77)],
        ["bst-l"] = [(0.43, 0.14), (0.43, 0.14), (0.72, 0.16), (0.33, 0.13)],
        ["bst-m"] = [(0.65, 0.25), (0.65, 0.25), (0.98, 0.29), (0.53, 0.23)],
        ["bst-h"] = [(1.79, 0.82), (1.79, 0.82), (2.18, 0.89), (1.63, 0.77)],
        ["mind-l"] = [(0.10, 0.16), (0.10, 0.16), (0.11, 0.17), (0.08, 0.14)],
        ["mind-m"] = [(0.21, 0.32), (0.21, 0.32), (0.22, 0.35), (0.18, 0.29)],
        ["mind-h"] = [(0.77, 1.17), (0.77, 1.17), (0.81, 1.22), (0.73, 1.10)],
    };

    /// <summary>The cells of a baseline; null where Table 4 has none.</summary>
    /// <param name="model">Name of the baseline, for example <c>google-dnn-m</c>.</param>
    /// <param name="data">Name of the data set.</param>
    public static PrintedCost? Of(string model, string data) =>
        Cells.TryGetValue(model, out var row) && Array.IndexOf(DataSets, data) is var column and >= 0
            ? new PrintedCost(row[column].Parameters, row[column].Flops)
            : null;
}
