using AutoTower.Search.Baselines;
using AutoTower.Search.Data;
using AutoTower.Search.Tests.Supernet;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Search.Tests.Baselines;

/// <summary>The trained baselines and their loss in double.</summary>
internal sealed class BaselineInDouble(Dataset dataset, NamedWeights weights, BaselineDefinition baseline, int[] interactions)
    : BatchDefinition(dataset, weights, interactions)
{
    private DoubleMatrix? _routing;

    protected override DoubleMatrix Users(DoubleMatrix fields)
    {
        var (x, lengths) = History();
        if (baseline.Family == BaselineFamily.Mind)
        {
            return Interests(fields, x, lengths);
        }

        x = baseline.Family == BaselineFamily.Bst ? Transformer(x, lengths) : x;
        return Tower("user", DoubleMatrix.Concatenate(fields, HistoryDefinitions.Sum(x, lengths, average: true)));
    }

    protected override DoubleMatrix Items(DoubleMatrix fields) => Tower("item", fields);

    protected override DoubleMatrix ForItems(DoubleMatrix users, DoubleMatrix items) => baseline.Family == BaselineFamily.Mind
        ? Definitions.L2Normalise(SequenceDefinitions.LabelAttention(users, items, scale: 1))
        : users;

    // (B, K*O).
    private DoubleMatrix Interests(DoubleMatrix fields, DoubleMatrix x, int[] lengths)
    {
        var mapped = Definitions.Linear(x, Weights["routing.bilinear.weight"], null);
        var logits = Weights["routing.logits"];
        // The gradient takes the routing weights for constants: those of the first call, which is at the weights themselves.
        _routing ??= SequenceDefinitions.RoutingWeights(mapped, lengths, logits, iterations: 3);
        var capsules = SequenceDefinitions.Capsules(mapped, _routing, lengths.Length, logits.Rows);
        var repeated = DoubleMatrix.Of(capsules.Rows, fields.Columns, (row, c) => fields[row / logits.Rows, c]);
        var vectors = Dense("user_tower", DoubleMatrix.Concatenate(repeated, capsules));
        return DoubleMatrix.Of(lengths.Length, logits.Rows * vectors.Columns, (b, c) => vectors[(b * logits.Rows) + (c / vectors.Columns), c % vectors.Columns]);
    }

    private DoubleMatrix Transformer(DoubleMatrix x, int[] lengths)
    {
        DoubleMatrix Normalised(DoubleMatrix sublayer, DoubleMatrix residual, string name) =>
            SequenceDefinitions.AddLayerNorm(sublayer, residual, Weights[$"transformer.{name}.weight"], Weights[$"transformer.{name}.bias"]);
        var positioned = Definitions.AddPosition(x, Weights["transformer.position"]);
        var projected = DoubleMatrix.Concatenate(
            Linear(positioned, "transformer.query"), Linear(positioned, "transformer.key"), Linear(positioned, "transformer.value"));
        var attended = SequenceDefinitions.Attention(projected, lengths, heads: 2);
        var first = Normalised(Linear(attended, "transformer.attention"), positioned, "attention.norm");
        return Normalised(Linear(Definitions.Relu(Linear(first, "transformer.inner")), "transformer.outer"), first, "norm");
    }

    private DoubleMatrix Tower(string name, DoubleMatrix input)
    {
        if (baseline.Family == BaselineFamily.Senet)
        {
            var means = Definitions.TokenMeans(input, input.Columns / TinyData.Shape.EmbeddingDimension);
            var excited = Linear(Definitions.Relu(Linear(means, $"{name}_weights.reduce")), $"{name}_weights.excite");
            input = Definitions.ScaleTokens(input, Definitions.Sigmoid(excited));
        }

        return Dense($"{name}_tower", input);
    }

    private DoubleMatrix Dense(string tower, DoubleMatrix input)
    {
        for (var i = 0; i < (baseline.Family == BaselineFamily.Mind && tower == "item_tower" ? 0 : baseline.Layers.Count); i++)
        {
            var name = $"{tower}.dense.{i}";
            input = Definitions.Relu(Definitions.BatchNorm(Linear(input, name), Weights[$"{name}.norm.weight"], Weights[$"{name}.norm.bias"]));
        }

        return Definitions.L2Normalise(Linear(input, $"{tower}.output"));
    }
}
