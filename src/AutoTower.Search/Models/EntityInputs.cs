using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Models;

/// <summary>What a tower takes.</summary>
/// <param name="Value">(B, in).</param>
/// <param name="Embeddings">(B, F*E): the entity's own field embeddings, a part of it.</param>
public readonly record struct TowerInput(Tensor Value, Tensor Embeddings);

/// <summary>Embeds users, items and histories: user input = field embeddings and pooled history, item input = field embeddings (SPEC.md, Model).</summary>
internal sealed class EntityInputs
{
    private readonly EmbeddingTables _tables;
    private readonly DeviceDataset _data;
    private readonly ModelShape _shape;
    private FieldLookup[] _users = [];
    private FieldLookup[] _items = [];
    private FieldLookup[] _histories = [];

    /// <summary>Declares the embedding tables.</summary>
    public EntityInputs(ParameterStore store, DeviceDataset data, ModelShape shape)
    {
        _tables = new EmbeddingTables(store, data.Dataset, shape.EmbeddingDimension);
        _data = data;
        _shape = shape;
    }

    /// <summary>The embedding tables.</summary>
    public IReadOnlyList<ParameterGroup> Groups => [_tables.UserGroup, _tables.ItemGroup];

    /// <summary>Takes the tables' addresses, once the store is allocated.</summary>
    public void Bind()
    {
        _users = _tables.UserLookups(_data);
        _items = _tables.ItemLookups(_data);
        _histories = _tables.HistoryLookups(_data);
    }

    /// <summary>The rows that a batch looks up.</summary>
    public IReadOnlyList<RowLookup> Rows(BatchArrays batch) =>
        [.. _tables.UserRows(batch.Users, _users), .. _tables.ItemRows(batch.Items, _items), .. EmbeddingTables.HistoryRows(batch.History, _histories)];

    /// <summary>The user tower's input.</summary>
    public TowerInput User(Tape tape, IPooling pooling, BatchArrays batch) => User(tape, batch, output => Pool(tape, pooling, batch, output));

    /// <summary>The user tower's input with a history that <paramref name="pool"/> pools into (B, d).</summary>
    public TowerInput User(Tape tape, BatchArrays batch, Action<Tensor> pool)
    {
        var (input, pooled) = Users(tape, batch);
        pool(pooled);
        tape.Gather(batch.Users, _users, input.Embeddings);
        return input;
    }

    /// <summary>The inputs of both towers, in fewer launches than one by one; the look-ups are queued by <paramref name="beside"/>.</summary>
    public (TowerInput User, TowerInput Item) Both(Tape tape, IPooling pooling, BatchArrays batch, Action<Action> beside)
    {
        var item = tape.NewTensor(batch.Items.Length, _shape.ItemInputWidth);
        var (user, pooled) = Users(tape, batch);
        tape.GatherBeside(
            [new EntityGather(batch.Users, _users, user.Embeddings), new EntityGather(batch.Items, _items, item)],
            beside,
            () => Pool(tape, pooling, batch, pooled));
        return (user, new TowerInput(item, item));
    }

    /// <summary>The item tower's input.</summary>
    public TowerInput Item(Tape tape, IntegerArray items)
    {
        var input = tape.NewTensor(items.Length, _shape.ItemInputWidth);
        tape.Gather(items, _items, input);
        return new TowerInput(input, input);
    }

    /// <summary>Embeddings (B, F*E) of the users' own fields.</summary>
    public Tensor UserFields(Tape tape, IntegerArray users)
    {
        var fields = tape.NewTensor(users.Length, _users.Length * _shape.EmbeddingDimension);
        tape.Gather(users, _users, fields);
        return fields;
    }

    /// <summary>Embedded histories (B*L, d).</summary>
    public Tensor History(Tape tape, BatchArrays batch)
    {
        var history = tape.NewTensor(batch.History.Length, _shape.HistoryWidth);
        tape.Gather(batch.History, _histories, history);
        return history;
    }

    /// <summary>Pooled histories (B, d), in one launch where device and pooling allow it.</summary>
    public void Pool(Tape tape, IPooling pooling, BatchArrays batch, Tensor output)
    {
        var histories = new HistoryInputs(batch.History, batch.Lengths, _histories);
        if (Supports(pooling, histories))
        {
            tape.PoolHistories(tape.Device.Histories!, pooling.Fused!, histories, output);
            return;
        }

        pooling.Forward(tape, History(tape, batch), batch.Lengths, output);
    }

    /// <summary>Whether the device pools histories in one launch.</summary>
    public bool PoolsInOneLaunch(IPooling pooling) =>
        Supports(pooling, new HistoryInputs(new IntegerArray(0, _shape.HistoryLength), new IntegerArray(0, 1), _histories));

    private bool Supports(IPooling pooling, HistoryInputs histories) =>
        _data.Device.Histories is { } kernels && pooling.Fused is { } fused && kernels.Supports(fused, histories);

    // The user tower's input, yet to be assigned: the users' own embeddings, and the pooled histories behind them.
    private (TowerInput Input, Tensor Pooled) Users(Tape tape, BatchArrays batch)
    {
        var fields = _users.Length * _shape.EmbeddingDimension;
        var input = tape.NewTensor(batch.Users.Length, _shape.UserInputWidth);
        return (new TowerInput(input, input.SliceColumns(0, fields)), input.SliceColumns(fields, _shape.HistoryWidth));
    }
}
