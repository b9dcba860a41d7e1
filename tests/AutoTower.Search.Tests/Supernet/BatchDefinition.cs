using AutoTower.Search.Data;
using AutoTower.Tests.Mathematics;

namespace AutoTower.Search.Tests.Supernet;

/// <summary>The embeddings and the loss of a batch in double (SPEC.md, Model; Loss and training); towers are left to derived classes.</summary>
internal abstract class BatchDefinition(Dataset dataset, NamedWeights weights, int[] interactions)
{
    public required float Temperature { get; init; }

    public required double Regulariser { get; init; }

    protected NamedWeights Weights => weights;

    public double Loss(double[] logProbability)
    {
        var userFields = Embed("user_embeddings", dataset.Users.Fields, Map(dataset.Interactions.Users));
        var itemFields = Embed("item_embeddings", dataset.Items.Fields, Map(dataset.Interactions.Items));
        var items = Items(itemFields);
        return Definitions.BatchSoftmax(ForItems(Users(userFields), items), items, logProbability, null, Temperature)
            + (Regulariser * (Definitions.FrobeniusNorm(userFields) + Definitions.FrobeniusNorm(itemFields)));
    }

    /// <summary>User vectors (B, O), or several of them, for the users' field embeddings.</summary>
    protected abstract DoubleMatrix Users(DoubleMatrix fields);

    /// <summary>Item vectors (B, O) for the items' field embeddings.</summary>
    protected abstract DoubleMatrix Items(DoubleMatrix fields);

    /// <summary>The users' vectors (B, O) where each meets its own item.</summary>
    protected virtual DoubleMatrix ForItems(DoubleMatrix users, DoubleMatrix items) => users;

    /// <summary>Embedded histories (B*L, d) and their lengths.</summary>
    protected (DoubleMatrix X, int[] Lengths) History()
    {
        var length = dataset.HistoryLength;
        var ids = new int[interactions.Length * length];
        var lengths = interactions.Select((interaction, b) => dataset.Interactions.CopyHistory(interaction, ids.AsSpan(b * length, length))).ToArray();
        var x = DoubleMatrix.Concatenate([.. dataset.HistoryFields.Select(field =>
            Mean(weights[$"item_embeddings.{field}.weight"], ids, id => id == 0 ? [] : [dataset.Items.Fields[field].FirstValue(id)]))]);
        return (x, lengths);
    }

    protected DoubleMatrix Linear(DoubleMatrix input, string layer) =>
        Definitions.Linear(input, weights[$"{layer}.weight"], weights[$"{layer}.bias"]);

    private int[] Map(int[] column) => [.. interactions.Select(interaction => column[interaction])];

    private DoubleMatrix Embed(string tables, IReadOnlyList<FeatureField> fields, int[] ids) => DoubleMatrix.Concatenate(
        [.. fields.Select((field, index) => Mean(weights[$"{tables}.{index}.weight"], ids, id => ValuesOf(field, id)))]);

    private static int[] ValuesOf(FeatureField field, int id) =>
        field.IsMultiValued ? field.Values[field.Offsets[id]..field.Offsets[id + 1]] : [field.Values[id]];

    private static DoubleMatrix Mean(DoubleMatrix table, int[] ids, Func<int, int[]> rows) => DoubleMatrix.Of(
        ids.Length, table.Columns, (i, c) => rows(ids[i]).Select(row => table[row, c]).DefaultIfEmpty(0).Average());
}
