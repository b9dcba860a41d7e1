using AutoTower.Search.Baselines;
using AutoTower.Search.Space;
using AutoTower.Search.Space.Blocks;
using AutoTower.Search.Space.Poolings;

namespace AutoTower.Search.Cost;

/// <summary>
/// Analytic cost of the paper's baselines (SPEC.md, Cost model; paper, Tables 3 and 4). The convention <c>paper</c> counts as Table 4
/// does: GoogleDNN and SENET come out as printed there. The convention <c>actual</c> counts every multiply-accumulate, as both do for BST and
/// MIND, of which the paper does not say what it counts.
/// </summary>
public static class BaselineCost
{
    /// <summary>The cost of a baseline.</summary>
    public static ModelCost Of(BaselineDefinition model, ModelShape shape, CostConvention convention)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(shape);
        var (user, item) = (new List<PartCost>(), new List<PartCost>());
        AddHistory(user, model, shape, convention);
        if (model.Family == BaselineFamily.Senet)
        {
            user.Add(new PartCost("weights", SqueezeExcitation.Cost(shape.UserFields + shape.HistoryFields, shape.EmbeddingDimension)));
            item.Add(new PartCost("weights", SqueezeExcitation.Cost(shape.ItemFields, shape.EmbeddingDimension)));
        }

        var dense = Dense(shape.UserInputWidth, model.Layers, shape.OutputWidth);
        var scoring = new Complexity(0, (long)CostModel.ScoredItems * shape.OutputWidth);
        if (model.Family == BaselineFamily.Mind)
        {
            user.AddRange(dense.Select(part => part with { Complexity = Mind.ForInterests(part.Complexity) }));
            item.AddRange(Dense(shape.ItemInputWidth, [], shape.OutputWidth));
            scoring = Mind.ForInterests(scoring);
        }
        else
        {
            user.AddRange(dense);
            item.AddRange(Dense(shape.ItemInputWidth, model.Layers, shape.OutputWidth));
        }

        return new ModelCost(new TowerCost(user), new TowerCost(item), scoring);
    }

    private static void AddHistory(List<PartCost> user, BaselineDefinition model, ModelShape shape, CostConvention convention)
    {
        var (length, width) = (shape.HistoryLength, shape.HistoryWidth);
        if (model.Family == BaselineFamily.Bst)
        {
            user.Add(new PartCost("transformer", TransformerLayer.Cost(length, width, model.InnerWidth)));
        }
        else if (model.Family == BaselineFamily.Mind)
        {
            user.Add(new PartCost("routing", Mind.RoutingCost(length, width)));
            return;
        }

        if (convention == CostConvention.Actual || model.Family == BaselineFamily.Bst)
        {
            user.Add(new PartCost("pooling.average", new SumPoolingType(average: true).Cost(length, width)));
        }
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
