using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Data;

namespace AutoTower.Search.Supernet;

/// <summary>One embedding table a field, Xavier uniform (SPEC.md, Model). Histories use the item tables.</summary>
public sealed class EmbeddingTables
{
    private readonly Parameter[] _users;
    private readonly Parameter[] _items;

    /// <summary>Declares the tables of <paramref name="dataset"/> with <paramref name="dimension"/> columns in <paramref name="store"/>.</summary>
    public EmbeddingTables(ParameterStore store, Dataset dataset, int dimension)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(dataset);
        UserGroup = store.AddGroup("user_embeddings");
        ItemGroup = store.AddGroup("item_embeddings");
        _users = Declare(UserGroup, dataset.Users, dimension);
        _items = Declare(ItemGroup, dataset.Items, dimension);
    }

    /// <summary>The tables of the user fields.</summary>
    public ParameterGroup UserGroup { get; }

    /// <summary>The tables of the item fields.</summary>
    public ParameterGroup ItemGroup { get; }

    /// <summary>How user ids become embeddings.</summary>
    public FieldLookup[] UserLookups(DeviceDataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return [.. _users.Select((table, field) => Lookup(table, data.UserFields[field], firstOnly: false))];
    }

    /// <summary>How item ids become embeddings.</summary>
    public FieldLookup[] ItemLookups(DeviceDataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return [.. _items.Select((table, field) => Lookup(table, data.ItemFields[field], firstOnly: false))];
    }

    /// <summary>How item ids of a history become embeddings: the history fields, first values only.</summary>
    public FieldLookup[] HistoryLookups(DeviceDataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return [.. data.Dataset.HistoryFields.Select(field => Lookup(_items[field], data.ItemFields[field], firstOnly: true))];
    }

    private static Parameter[] Declare(ParameterGroup group, FeatureTable table, int dimension) =>
        [.. table.Fields.Select((field, index) => group.AddTable(
            $"{index}.weight", field.Cardinality, dimension, Initialiser.Uniform.Xavier(field.Cardinality, dimension)))];

    private static FieldLookup Lookup(Parameter table, DeviceField field, bool firstOnly) =>
        new(table.Tensor.Value, table.Tensor.Gradient, field.Values, field.Offsets, firstOnly);
}
