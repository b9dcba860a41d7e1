using AutoTower.Tests.Mathematics;

namespace AutoTower.Search.Tests.Supernet;

/// <summary>The choice blocks in double (SPEC.md, Model; senet and product as their classes describe them).</summary>
internal static class BlockDefinitions
{
    /// <summary>relu(batch norm(block(x))), without batch norm in the last block.</summary>
    /// <param name="type">Name of the block type.</param>
    /// <param name="x">(B, n*D).</param>
    /// <param name="inputs">n.</param>
    /// <param name="isLast">Whether it is a tower's last block.</param>
    /// <param name="weight">The block's weights by their names behind the block's own.</param>
    public static DoubleMatrix Apply(string type, DoubleMatrix x, int inputs, bool isLast, Func<string, DoubleMatrix> weight)
    {
        var output = BeforeNorm(type, x, inputs, weight);
        return Definitions.Relu(isLast ? output : Definitions.BatchNorm(output, weight("norm.weight"), weight("norm.bias")));
    }

    private static DoubleMatrix BeforeNorm(string type, DoubleMatrix x, int inputs, Func<string, DoubleMatrix> weight)
    {
        DoubleMatrix Linear(DoubleMatrix input, string layer, int tokens = 1) =>
            Definitions.Linear(input, weight($"{layer}.weight"), weight($"{layer}.bias"), tokens);
        var kind = type.Split('-');
        switch (kind[0])
        {
            case "mlp":
                var hidden = Linear(x, "hidden");
                Assert.Equal(int.Parse(kind[1]), hidden.Columns);
                return Linear(hidden, "output");
            case "ew":
                return Linear(Definitions.ReduceTokens(x, inputs, Reduction(kind[1])), "output");
            case "sa":
                var heads = int.Parse(kind[1]);
                var attended = Definitions.TokenAttention(
                    Linear(x, "query", inputs), Linear(x, "key", inputs), Linear(x, "value", inputs), Linear(x, "residual", inputs), inputs, heads);
                return Linear(attended, "output");
            case "senet":
                var excited = Linear(Definitions.Relu(Linear(Definitions.TokenMeans(x, inputs), "reduce")), "excite");
                return Linear(Definitions.ScaleTokens(x, Definitions.Sigmoid(excited)), "output");
            case "product":
                return Linear(DoubleMatrix.Concatenate(x, Definitions.PairwiseProducts(x, inputs)), "output");
            default:
                throw new ArgumentException($"There is no definition of {type}; a new block type needs one here.");
        }
    }

    private static Func<IEnumerable<double>, double> Reduction(string name) => name switch
    {
        "sum" => Enumerable.Sum,
        "avg" => Enumerable.Average,
        "ip" => Definitions.Product,
        "max" => Enumerable.Max,
        "min" => Enumerable.Min,
        _ => throw new ArgumentException($"There is no reduction {name}."),
    };
}
