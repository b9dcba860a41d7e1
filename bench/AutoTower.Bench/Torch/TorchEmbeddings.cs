using AutoTower.Search.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AutoTower.Bench.Torch;

/// <summary>The embedding tables of users or items and the columns that lead into them.</summary>
internal sealed class TorchEmbeddings : TorchLayer
{
    private readonly (Embedding Table, Tensor Rows, Tensor? Shares)[] _fields;

    public TorchEmbeddings(FeatureTable table, int dimension) => _fields = [.. table.Fields.Select(field =>
    {
        var embedding = Add(nn.Embedding(field.Cardinality, dimension));
        using (no_grad())
        {
            nn.init.xavier_uniform_(embedding.weight!);
        }

        var (rows, shares) = Columns(field);
        return (embedding, rows, shares);
    })];

    protected override long MultiplyAccumulates => 0;

    /// <summary>Concatenated embeddings of ids (B); sets are averaged.</summary>
    public Tensor Gather(Tensor ids) => cat([.. _fields.Select(field =>
    {
        var embedded = field.Table.forward(field.Rows.index_select(0, ids)); // (B, E), or (B, most values, E)
        return field.Shares is null ? embedded : field.Shares.index_select(0, ids).unsqueeze(1).bmm(embedded).squeeze(1);
    })], 1);

    /// <summary>Concatenated embeddings of ids (B*L), first values of sets.</summary>
    public Tensor GatherFirst(Tensor ids, IReadOnlyList<int> fields) => cat([.. fields.Select(index =>
    {
        var (table, rows, shares) = _fields[index];
        return table.forward((shares is null ? rows : rows.select(1, 0)).index_select(0, ids));
    })], 1);

    public override void Dispose()
    {
        base.Dispose();
        foreach (var (_, rows, shares) in _fields)
        {
            rows.Dispose();
            shares?.Dispose();
        }
    }

    /// <summary>Rows (entities) or, for sets, (entities, most values) with each value's share in the mean.</summary>
    private static (Tensor Rows, Tensor? Shares) Columns(FeatureField field)
    {
        if (!field.IsMultiValued)
        {
            return (tensor(field.Values.Select(value => (long)value).ToArray()), null);
        }

        var most = Enumerable.Range(0, field.Count).Max(entity => field.Offsets[entity + 1] - field.Offsets[entity]);
        var (rows, shares) = (new long[field.Count * most], new float[field.Count * most]);
        for (var entity = 0; entity < field.Count; entity++)
        {
            var values = field.Values[field.Offsets[entity]..field.Offsets[entity + 1]];
            for (var i = 0; i < values.Length; i++)
            {
                rows[(entity * most) + i] = values[i];
                shares[(entity * most) + i] = 1f / values.Length;
            }
        }

        return (tensor(rows).view(field.Count, most), tensor(shares).view(field.Count, most));
    }
}
