using AutoTower.Search.Baselines;
using AutoTower.Search.Data;
using AutoTower.Search.Tests.Supernet;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Search.Tests.Baselines;

/// <summary>The trained baselines and their loss in double.</summary>
internal sealed class BaselineInDouble(Dataset dataset, NamedWeights weights, BaselineDefinition baseline, int[] interactions)
    : BatchDefinition(dataset, weights, interactions)
{
    protected override DoubleMatrix Users(DoubleMatrix fields)
    {
        var (x, lengths) = History();
        return Tower("user", DoubleMatrix.Concatenate(fields, HistoryDefinitions.Sum(x, lengths, average: true)), fields.Columns + x.Columns);
    }

    protected override DoubleMatrix Items(DoubleMatrix fields) => Tower("item", fields, fields.Columns);

    private DoubleMatrix Tower(string name, DoubleMatrix input, int width)
    {
        Assert.Equal(width, input.Columns);
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
        for (var i = 0; i < baseline.Layers.Count; i++)
        {
            var name = $"{tower}.dense.{i}";
            input = Definitions.Relu(Definitions.BatchNorm(Linear(input, name), Weights[$"{name}.norm.weight"], Weights[$"{name}.norm.bias"]));
        }

        return Definitions.L2Normalise(Linear(input, $"{tower}.output"));
    }
}
