using AutoTower.Autograd.Random;
using AutoTower.Search.Data;
using AutoTower.Search.Space;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Search.Tests.Supernet;

/// <summary>The whole model and its loss in double (SPEC.md, Model; Loss and training).</summary>
internal sealed class ModelDefinition(Dataset dataset, NamedWeights weights, Architecture architecture, int[] interactions)
{
    public required ulong DropoutSeed { get; init; }

    public required int Step { get; init; }

    public required float DropoutRate { get; init; }

    public required float Temperature { get; init; }

    public required double Regulariser { get; init; }

    public double Loss(double[] logProbability)
    {
        var (userIds, itemIds) = (Map(dataset.Interactions.Users), Map(dataset.Interactions.Items));
        var userFields = Embed("user_embeddings", dataset.Users.Fields, userIds);
        var itemFields = Embed("item_embeddings", dataset.Items.Fields, itemIds);
        var users = Tower("user_tower", DoubleMatrix.Concatenate(userFields, PooledHistory()), architecture.User);
        var items = Tower("item_tower", itemFields, architecture.Item);
        return Definitions.BatchSoftmax(users, items, logProbability, null, Temperature)
            + (Regulariser * (Definitions.FrobeniusNorm(userFields) + Definitions.FrobeniusNorm(itemFields)));
    }

    private int[] Map(int[] column) => [.. interactions.Select(interaction => column[interaction])];

    private DoubleMatrix Embed(string tables, IReadOnlyList<FeatureField> fields, int[] ids) => DoubleMatrix.Concatenate(
        [.. fields.Select((field, index) => Mean(weights[$"{tables}.{index}.weight"], ids, id => ValuesOf(field, id)))]);

    private DoubleMatrix PooledHistory()
    {
        var length = dataset.HistoryLength;
        var ids = new int[interactions.Length * length];
        var lengths = interactions.Select((interaction, b) => dataset.Interactions.CopyHistory(interaction, ids.AsSpan(b * length, length))).ToArray();
        var x = DoubleMatrix.Concatenate([.. dataset.HistoryFields.Select(field =>
            Mean(weights[$"item_embeddings.{field}.weight"], ids, id => id == 0 ? [] : [dataset.Items.Fields[field].FirstValue(id)]))]);
        var name = $"pooling.{architecture.Pooling.Name}";
        DoubleMatrix Positioned() => Definitions.AddPosition(x, weights[$"{name}.position"]);
        DoubleMatrix Linear(DoubleMatrix input, string layer) =>
            Definitions.Linear(input, weights[$"{name}.{layer}.weight"], weights[$"{name}.{layer}.bias"]);
        return architecture.Pooling.Name switch
        {
            "sum" => HistoryDefinitions.Sum(x, lengths, average: false),
            "average" => HistoryDefinitions.Sum(x, lengths, average: true),
            "self-attentive" => HistoryDefinitions.SelfAttentive(
                Definitions.Linear(Positioned(), weights[$"{name}.hidden.weight"], null), weights[$"{name}.score.weight"], x, lengths),
            _ => HistoryDefinitions.SelfAttention(
                Linear(Positioned(), "query"),
                Linear(Positioned(), "key"),
                Linear(Positioned(), "value"),
                weights[$"{name}.output.weight"],
                weights[$"{name}.output.bias"],
                lengths,
                (b, i, j) => Kept((((b * length) + i) * length) + j)),
        };
    }

    private DoubleMatrix Tower(string name, DoubleMatrix input, IReadOnlyList<BlockType> blocks)
    {
        var states = Definitions.Linear(input, weights[$"{name}.alignment.weight"], weights[$"{name}.alignment.bias"]);
        var output = states;
        for (var position = 0; position < blocks.Count; position++)
        {
            var block = $"{name}.blocks.{position}.{blocks[position].Name}";
            output = BlockDefinitions.Apply(
                blocks[position].Name, states, position + 1, position == blocks.Count - 1, part => weights[$"{block}.{part}"]);
            states = DoubleMatrix.Concatenate(states, output);
        }

        return Definitions.L2Normalise(output);
    }

    private double Kept(int index)
    {
        var word = Philox.Next(DropoutSeed, (uint)(index / 4), 0, (uint)Step, (uint)RandomStream.Dropout)[index % 4];
        return Philox.ToUniform(word) >= DropoutRate ? 1.0 / (1 - DropoutRate) : 0;
    }

    private static int[] ValuesOf(FeatureField field, int id) =>
        field.IsMultiValued ? field.Values[field.Offsets[id]..field.Offsets[id + 1]] : [field.Values[id]];

    private static DoubleMatrix Mean(DoubleMatrix table, int[] ids, Func<int, int[]> rows) => DoubleMatrix.Of(
        ids.Length, table.Columns, (i, c) => rows(ids[i]).Select(row => table[row, c]).DefaultIfEmpty(0).Average());
}
