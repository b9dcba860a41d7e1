using AutoTower.Autograd.Random;
using AutoTower.Search.Data;
using AutoTower.Search.Space;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Search.Tests.Supernet;

/// <summary>A path of a supernet and its loss in double (SPEC.md, Model; Loss and training).</summary>
internal sealed class ModelDefinition(Dataset dataset, NamedWeights weights, Architecture architecture, int[] interactions)
    : BatchDefinition(dataset, weights, interactions)
{
    public required ulong DropoutSeed { get; init; }

    public required int Step { get; init; }

    public required float DropoutRate { get; init; }

    protected override DoubleMatrix Users(DoubleMatrix fields) =>
        Tower("user_tower", DoubleMatrix.Concatenate(fields, PooledHistory()), architecture.User);

    protected override DoubleMatrix Items(DoubleMatrix fields) => Tower("item_tower", fields, architecture.Item);

    private DoubleMatrix PooledHistory()
    {
        var (x, lengths) = History();
        var length = x.Rows / lengths.Length;
        var name = $"pooling.{architecture.Pooling.Name}";
        DoubleMatrix Positioned() => Definitions.AddPosition(x, Weights[$"{name}.position"]);
        DoubleMatrix Linear(DoubleMatrix input, string layer) => this.Linear(input, $"{name}.{layer}");
        return architecture.Pooling.Name switch
        {
            "sum" => HistoryDefinitions.Sum(x, lengths, average: false),
            "average" => HistoryDefinitions.Sum(x, lengths, average: true),
            "self-attentive" => HistoryDefinitions.SelfAttentive(
                Definitions.Linear(Positioned(), Weights[$"{name}.hidden.weight"], null), Weights[$"{name}.score.weight"], x, lengths),
            _ => HistoryDefinitions.SelfAttention(
                Linear(Positioned(), "query"),
                Linear(Positioned(), "key"),
                Linear(Positioned(), "value"),
                Weights[$"{name}.output.weight"],
                Weights[$"{name}.output.bias"],
                lengths,
                (b, i, j) => Kept((((b * length) + i) * length) + j)),
        };
    }

    private DoubleMatrix Tower(string name, DoubleMatrix input, IReadOnlyList<BlockType> blocks)
    {
        var states = Linear(input, $"{name}.alignment");
        var output = states;
        for (var position = 0; position < blocks.Count; position++)
        {
            var block = $"{name}.blocks.{position}.{blocks[position].Name}";
            output = BlockDefinitions.Apply(
                blocks[position].Name, states, position + 1, position == blocks.Count - 1, part => Weights[$"{block}.{part}"]);
            states = DoubleMatrix.Concatenate(states, output);
        }

        return Definitions.L2Normalise(output);
    }

    private double Kept(int index)
    {
        var word = Philox.Next(DropoutSeed, (uint)(index / 4), 0, (uint)Step, (uint)RandomStream.Dropout)[index % 4];
        return Philox.ToUniform(word) >= DropoutRate ? 1.0 / (1 - DropoutRate) : 0;
    }
}
