namespace AutoTower.Search.Reproduction;

/// <summary>The numbers of the paper's Tables 4 to 9.</summary>
public static class PrintedResults
{
    private static readonly string[] DataSets = ["ml-100k", "ml-1m", "yelp", "amazon-books"];

    private static readonly Dictionary<string, PrintedResult[]> Table4Rows = new()
    {
        ["google-dnn-l"] = [new(36.49, 40.86, 0.21, 0.14), new(32.12, 43.64, 0.21, 0.14), new(8.11, 13.95, 0.24, 0.15), new(41.68, 32.81, 0.19, 0.13)],
        ["senet-l"] = [new(34.65, 39.53, 0.21, 0.14), new(33.01, 44.89, 0.21, 0.14), new(7.73, 13.52, 0.24, 0.15), new(41.68, 32.81, 0.19, 0.13)],
        ["bst-l"] = [new(35.71, 39.75, 0.43, 0.14), new(32.14, 44.07, 0.43, 0.14), new(8.15, 13.91, 0.72, 0.16), new(49.18, 41.68, 0.33, 0.13)],
        ["mind-l"] = [new(35.53, 37.32, 0.10, 0.16), new(22.72, 30.87, 0.10, 0.16), new(9.10, 14.95, 0.11, 0.17), new(51.78, 44.51, 0.08, 0.14)],
        ["autotower-l"] = [new(39.22, 43.39, 0.05, 0.14), new(39.44, 51.56, 0.09, 0.14), new(10.81, 17.08, 0.10, 0.05), new(62.85, 64.92, 0.17, 0.11)],
        ["google-dnn-m"] = [new(36.48, 40.36, 0.43, 0.25), new(31.73, 43.61, 0.43, 0.25), new(8.17, 13.91, 0.50, 0.28), new(46.43, 37.98, 0.39, 0.23)],
        ["senet-m"] = [new(34.95, 38.74, 0.43, 0.25), new(33.56, 45.69, 0.43, 0.25), new(7.99, 13.71, 0.50, 0.28), new(46.43, 37.98, 0.39, 0.23)],
        ["bst-m"] = [new(36.03, 40.20, 0.65, 0.25), new(32.18, 44.06, 0.65, 0.25), new(8.29, 14.04, 0.98, 0.29), new(51.41, 45.24, 0.53, 0.23)],
        ["mind-m"] = [new(35.68, 37.50, 0.21, 0.32), new(19.08, 26.44, 0.21, 0.32), new(8.52, 14.26, 0.22, 0.35), new(55.00, 46.94, 0.18, 0.29)],
        ["autotower-m"] = [new(40.28, 43.21, 0.22, 0.23), new(39.77, 51.84, 0.15, 0.19), new(12.65, 19.34, 0.20, 0.28), new(62.16, 63.45, 0.12, 0.23)],
        ["google-dnn-h"] = [new(34.40, 39.35, 1.57, 0.81), new(31.51, 43.36, 1.57, 0.81), new(8.07, 13.82, 1.70, 0.88), new(41.45, 31.39, 1.49, 0.77)],
        ["senet-h"] = [new(33.09, 38.18, 1.57, 0.81), new(30.84, 42.35, 1.57, 0.81), new(7.96, 13.78, 1.70, 0.88), new(41.45, 31.39, 1.49, 0.77)],
        ["bst-h"] = [new(35.33, 39.46, 1.79, 0.82), new(31.89, 43.77, 1.79, 0.82), new(8.01, 13.73, 2.18, 0.89), new(46.95, 38.64, 1.63, 0.77)],
        ["mind-h"] = [new(36.58, 38.87, 0.77, 1.17), new(22.64, 30.62, 0.77, 1.17), new(8.67, 14.46, 0.81, 1.22), new(53.30, 46.25, 0.73, 1.10)],
        ["autotower-h"] = [new(39.60, 43.72, 0.19, 0.22), new(39.58, 51.62, 0.17, 0.19), new(12.72, 19.43, 0.23, 0.30), new(62.39, 63.42, 0.17, 0.27)],
    };

    /// <summary>Table 5 has ML-1M and Amazon only.</summary>
    private static readonly Dictionary<string, (PrintedResult MovieLens, PrintedResult Amazon)> Table5Rows = new()
    {
        ["random"] = (new(38.50, 50.15, 0.41, 0.24), new(58.98, 58.03, 0.38, 0.22)),
        ["rl"] = (new(38.58, 50.43, 0.39, 0.22), new(61.60, 62.53, 0.32, 0.25)),
        ["nasp"] = (new(38.94, 50.74, 0.29, 0.20), new(59.49, 58.90, 0.40, 0.26)),
        ["evolution"] = (new(39.77, 51.84, 0.15, 0.19), new(62.16, 63.45, 0.12, 0.23)),
    };

    private static readonly Dictionary<string, double[]> Table9Rows = new()
    {
        ["ml-100k"] = [40.28, 38.61, 12.68, 60.97],
        ["ml-1m"] = [39.63, 39.77, 12.36, 60.96],
        ["yelp"] = [38.04, 38.84, 12.88, 63.14],
        ["amazon-books"] = [38.29, 39.13, 12.41, 63.33],
    };

    /// <summary>
    /// The architectures of Table 7 by the data set that they were found on. The paper's text leaves the order of some neighbouring
    /// element-wise blocks open.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Architectures { get; } = new Dictionary<string, string>
    {
        ["ml-100k"] = "pooling=self-attention; user=mlp-512,sa-1,sa-4; item=mlp-128,mlp-512,sa-1",
        ["ml-1m"] = "pooling=self-attention; user=sa-3,ew-ip,mlp-128; item=mlp-512,mlp-64,sa-2",
        ["yelp"] = "pooling=self-attentive; user=mlp-32,ew-avg,ew-max,ew-ip,ew-min,ew-max,sa-3; item=sa-2,ew-ip,ew-max,mlp-1024,ew-avg,sa-2,mlp-256",
        ["amazon-books"] = "pooling=self-attentive; user=sa-1,ew-avg,sa-2,ew-ip,ew-min,mlp-32,sa-1; item=sa-2,ew-avg,ew-ip,ew-avg,sa-1,ew-avg,mlp-256",
    };

    /// <summary>A row of Table 4, by the names of <c>train --model</c> or <c>autotower-l</c>, <c>-m</c>, <c>-h</c>; null where it has none.</summary>
    public static PrintedResult? Table4(string model, string data) => Cell(Table4Rows, model, data);

    /// <summary>A row of Table 5, by the names of <c>search --strategy</c>.</summary>
    public static PrintedResult? Table5(string strategy, string data) => Table5Rows.TryGetValue(strategy, out var row)
        ? data switch { "ml-1m" => row.MovieLens, "amazon-books" => row.Amazon, _ => null }
        : null;

    /// <summary>A row of Table 6: with the low limits, or without limits.</summary>
    public static PrintedResult? Table6(bool isLimited, string data) => (isLimited, data) switch
    {
        (false, "ml-1m") => new(39.42, Flops: 0.39),
        (false, "amazon-books") => new(60.98, Flops: 0.32),
        (true, "ml-1m") => new(39.44, Flops: 0.15),
        (true, "amazon-books") => new(62.85, Flops: 0.11),
        _ => null,
    };

    /// <summary>The row of Table 7 of a data set.</summary>
    public static PrintedResult? Table7(string data) => data switch
    {
        "ml-100k" => new(40.28, 43.21, 0.22, 0.23),
        "ml-1m" => new(39.77, 51.84, 0.15, 0.19),
        "yelp" => new(12.88, 19.66, 0.57, 0.50),
        "amazon-books" => new(63.33, 65.60, 0.21, 0.14),
        _ => null,
    };

    /// <summary>The first row of Table 8 for a low user tower, the last for a low item tower; the rows between have no place here.</summary>
    public static PrintedResult? Table8(bool isUserLow, string data) => (isUserLow, data) switch
    {
        (true, "ml-1m") => new(39.56, Parameters: 0.24, Flops: 0.24),
        (true, "amazon-books") => new(62.71, Parameters: 0.23, Flops: 0.14),
        (false, "ml-1m") => new(38.97, Parameters: 0.12, Flops: 0.20),
        (false, "amazon-books") => new(60.77, Parameters: 0.09, Flops: 0.25),
        _ => null,
    };

    /// <summary>A cell of Table 9: the architecture found on <paramref name="source"/>, trained on <paramref name="target"/>.</summary>
    public static PrintedResult? Table9(string source, string target) =>
        Table9Rows.TryGetValue(source, out var row) && Array.IndexOf(DataSets, target) is var column and >= 0 ? new(row[column]) : null;

    private static PrintedResult? Cell(Dictionary<string, PrintedResult[]> rows, string row, string data) =>
        rows.TryGetValue(row, out var cells) && Array.IndexOf(DataSets, data) is var column and >= 0 ? cells[column] : null;
}
