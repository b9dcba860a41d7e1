using AutoTower.Search.Space;

namespace AutoTower.Search.Cost;

/// <summary>
/// Cost of GoogleDNN (Yi et al. 2019), the paper's main baseline: each tower is a stack of dense layers over its concatenated input,
/// batch norm behind each hidden layer; the history is averaged (SPEC.md, Cost model; paper, Tables 3 and 4).
/// </summary>
public static class BaselineCost
{
    /// <summary>Dense layers by scenario of Table 3.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<int>> GoogleDnnLayers { get; } = new Dictionary<string, IReadOnlyList<int>>
    {
        ["google-dnn-l"] = [256, 192, 128],
        ["google-dnn-m"] = [512, 256, 128],
        ["google-dnn-h"] = [1024, 512, 256, 128],
    };

    /// <summary>Cost of GoogleDNN with the given hidden layers and an output of O, scoring against 1,024 items included.</summary>
    public static ModelCost GoogleDnn(IReadOnlyList<int> layers, ModelShape shape)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(shape);
        return new ModelCost(
            Tower(shape.UserInputWidth, layers, shape.OutputWidth),
            Tower(shape.ItemInputWidth, layers, shape.OutputWidth),
            new Complexity(0, (long)CostModel.ScoredItems * shape.OutputWidth));
    }

    private static TowerCost Tower(int inputWidth, IReadOnlyList<int> layers, int outputWidth)
    {
        var parts = new List<PartCost>();
        long width = inputWidth;
        for (var i = 0; i < layers.Count; i++)
        {
            // Weights and biases, batch norm (2 a unit); products and batch norm.
            parts.Add(new PartCost($"dense.{i}", new Complexity((width + 3) * layers[i], (width * layers[i]) + layers[i])));
            width = layers[i];
        }

        parts.Add(new PartCost("output", new Complexity((width + 1) * outputWidth, width * outputWidth)));
        return new TowerCost(parts);
    }
}
