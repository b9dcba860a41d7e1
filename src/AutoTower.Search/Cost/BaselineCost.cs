using AutoTower.Search.Baselines;
using AutoTower.Search.Space;
using AutoTower.Search.Space.Blocks;
using AutoTower.Search.Space.Poolings;

namespace AutoTower.Search.Cost;

/// <summary>
/// Analytic cost of the paper's baselines (SPEC.md, Cost model; paper, Tables 3 and 4). The convention <c>paper</c> counts as Table 4
/// does: GoogleDNN and SENET come out as printed there. The convention <c>actual</c> counts every multiply-accumulate.
/// </summary>
public static class BaselineCost
{
    /// <summary>The cost of a baseline.</summary>
    public static ModelCost Of(BaselineDefinition model, ModelShape shape, CostConvention convention)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(shape);
        var user = new List<PartCost>();
        var item = new List<PartCost>();
        if (convention == CostConvention.Actual)
        {
            user.Add(new PartCost("pooling.average", new SumPoolingType(average: true).Cost(shape.HistoryLength, shape.HistoryWidth)));
        }

        if (model.Family == BaselineFamily.Senet)
        {
            user.Add(new PartCost("weights", SqueezeExcitation.Cost(shape.UserFields + shape.HistoryFields, shape.EmbeddingDimension)));
            item.Add(new PartCost("weights", SqueezeExcitation.Cost(shape.ItemFields, shape.EmbeddingDimension)));
        }

        user.AddRange(Dense(shape.UserInputWidth, model.Layers, shape.OutputWidth));
        item.AddRange(Dense(shape.ItemInputWidth, model.Layers, shape.OutputWidth));
        return new ModelCost(new TowerCost(user), new TowerCost(item), new Complexity(0, (long)CostModel.ScoredItems * shape.OutputWidth));
    }

    private static IEnumerable<PartCost> Dense(long width, IReadOnlyList<int> layers, int outputWidth)
    {
        for (var i = 0; i < layers.Count; i++)
        {
            // Weights and biases, batch norm (2 a unit); products and batch norm.
            yield return new PartCost($"dense.{i}", new Complexity((width + 3) * layers[i], (width * layers[i]) + layers[i]));
            width = layers[i];
        }

        yield return new PartCost("output", new Complexity((width + 1) * outputWidth, width * outputWidth));
    }
}
