using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Data;

namespace AutoTower.Search.Supernet;

/// <summary>One embedding table a field, Xavier uniform (SPEC.md, Model). Histories use the item tables.</summary>
public sealed class EmbeddingTables
{
    private readonly Parameter[] _users;
    private readonly Parameter[] _items;
    private readonly int[] _mostUserValues;
    private readonly int[] _mostItemValues;

    /// <summary>Declares the tables of <paramref name="dataset"/> with <paramref name="dimension"/> columns in <paramref name="store"/>.</summary>
    public EmbeddingTables(ParameterStore store, Dataset dataset, int dimension)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(dataset);
        UserGroup = store.AddGroup("user_embeddings");
        ItemGroup = store.AddGroup("item_embeddings");
        _users = Declare(UserGroup, dataset.Users, dimension);
        _items = Declare(ItemGroup, dataset.Items, dimension);
        _mostUserValues = [.. dataset.Users.Fields.Select(field => field.MostValues())];
        _mostItemValues = [.. dataset.Items.Fields.Select(field => field.MostValues())];
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

    /// <summary>The rows of all tables that the users of a batch look up, for <see cref="Autograd.Optimisers.Adam.Prepare"/>.</summary>
    /// <param name="users">User ids.</param>
    /// <param name="fields">As from <see cref="UserLookups"/>.</param>
    public IEnumerable<RowLookup> UserRows(IntegerArray users, FieldLookup[] fields) => Rows(users, fields, _mostUserValues);

    /// <summary>The rows that items look up.</summary>
    /// <param name="items">Item ids.</param>
    /// <param name="fields">As from <see cref="ItemLookups"/>.</param>
    public IEnumerable<RowLookup> ItemRows(IntegerArray items, FieldLookup[] fields) => Rows(items, fields, _mostItemValues);

    /// <summary>The rows that histories look up.</summary>
    /// <param name="history">Item ids.</param>
    /// <param name="fields">As from <see cref="HistoryLookups"/>.</param>
    public static IEnumerable<RowLookup> HistoryRows(IntegerArray history, FieldLookup[] fields) =>
        fields.Select(field => new RowLookup(history, field, MostValues: 1));

    private static IEnumerable<RowLookup> Rows(IntegerArray ids, FieldLookup[] fields, int[] mostValues) =>
        fields.Select((field, index) => new RowLookup(ids, field, mostValues[index]));

    private static Parameter[] Declare(ParameterGroup group, FeatureTable table, int dimension) =>
        [.. table.Fields.Select((field, index) => group.AddTable(
            $"{index}.weight", field.Cardinality, dimension, Initialiser.Uniform.Xavier(field.Cardinality, dimension)))];

    private static FieldLookup Lookup(Parameter table, DeviceField field, bool firstOnly) =>
        new(table.Tensor.Value, table.Tensor.Gradient, field.Values, field.Offsets, firstOnly);
}
