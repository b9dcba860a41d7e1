using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Cost;
using AutoTower.Search.Models;
using AutoTower.Search.Space;

namespace AutoTower.Search.Supernet;

/// <summary>
/// The weight-sharing supernet over a search space (paper, section 3.3.2). Over <see cref="SearchSpace.Only"/> it is a single model, so
/// supernet training, candidate evaluation and retraining run the same code.
/// </summary>
public sealed class TwoTowerModel : IModel, ICheckpointed, IDisposable
{
    private readonly EntityInputs _inputs;
    private readonly Dictionary<string, (ParameterGroup Group, IPooling Pooling)> _poolings = [];
    private readonly Tower _userTower;
    private readonly Tower _itemTower;
    private readonly DeviceBuffer<float> _initialBuffers;

    /// <summary>Declares and initialises all parameters of <paramref name="space"/>.</summary>
    /// <param name="data">The data set, on the device that will hold the model.</param>
    /// <param name="space">Which blocks may stand where.</param>
    /// <param name="shape">Sizes of the model.</param>
    /// <param name="seed">Seed of the initial values.</param>
    public TwoTowerModel(DeviceDataset data, SearchSpace space, ModelShape shape, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(shape);
        Data = data;
        Space = space;
        Shape = shape;
        _inputs = new EntityInputs(Store, data, shape);
        foreach (var type in space.Poolings)
        {
            var group = Store.AddGroup($"pooling.{type.Name}");
            _poolings.Add(type.Name, (group, type.Build(group, shape.HistoryLength, shape.HistoryWidth)));
        }

        _userTower = new Tower(Store, "user_tower", shape.UserInputWidth, space.UserChoices, shape);
        _itemTower = new Tower(Store, "item_tower", shape.ItemInputWidth, space.ItemChoices, shape);
        Store.Allocate(data.Device, seed);
        _inputs.Bind();
        _initialBuffers = new DeviceBuffer<float>(data.Device, Store.Buffers.Length, "initial statistics");
        data.Device.Copy(Store.Buffers.Address, _initialBuffers.Address, _initialBuffers.Bytes);
    }

    /// <summary>The data set.</summary>
    public DeviceDataset Data { get; }

    /// <summary>Which blocks may stand where.</summary>
    public SearchSpace Space { get; }

    /// <summary>Sizes of the model.</summary>
    public ModelShape Shape { get; }

    /// <summary>All parameters.</summary>
    public ParameterStore Store { get; } = new();

    /// <summary>The device that holds the model.</summary>
    public Device Device => Data.Device;

    /// <summary>User representations (B, O) and the user field embeddings (B, F*E) that the regulariser wants.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="architecture">The path.</param>
    /// <param name="batch">Users and histories.</param>
    /// <param name="gates">Architecture weights that get gradients, at the path; null where none are wanted.</param>
    public TowerOutput Users(Tape tape, Architecture architecture, BatchArrays batch, ArchitectureGates? gates = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        var input = gates is null ? UserInput(tape, architecture.Pooling, batch) : MixedUserInput(tape, architecture.Pooling, batch, gates);
        return new TowerOutput(_userTower.Forward(tape, input.Value, architecture.User, gates?.User), input.Embeddings);
    }

    /// <summary>Item representations (B, O) and the item field embeddings (B, F*E).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="architecture">The path.</param>
    /// <param name="items">Item ids (B).</param>
    /// <param name="gates">Architecture weights that get gradients, at the path; null where none are wanted.</param>
    public TowerOutput Items(Tape tape, Architecture architecture, IntegerArray items, ArchitectureGates? gates = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        var input = ItemInput(tape, items);
        return new TowerOutput(_itemTower.Forward(tape, input.Value, architecture.Item, gates?.Item), input.Embeddings);
    }

    /// <summary>What the user tower aligns: field embeddings and pooled history (B, in).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="pooling">The pooling of the path.</param>
    /// <param name="batch">Users and histories.</param>
    public TowerInput UserInput(Tape tape, PoolingType pooling, BatchArrays batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(pooling);
        return _inputs.User(tape, Pooling(pooling).Pooling, batch);
    }

    /// <summary>What both towers of a training step align, in fewer launches than one by one.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="pooling">The pooling of the path.</param>
    /// <param name="batch">Users, histories and items.</param>
    /// <param name="beside">Queues the look-ups of users and items beside the pooling of histories.</param>
    public (TowerInput User, TowerInput Item) Inputs(Tape tape, PoolingType pooling, BatchArrays batch, Action<Action> beside)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(pooling);
        return _inputs.Both(tape, Pooling(pooling).Pooling, batch, beside);
    }

    /// <summary>What the item tower aligns: field embeddings (B, in).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="items">Item ids (B).</param>
    public TowerInput ItemInput(Tape tape, IntegerArray items)
    {
        ArgumentNullException.ThrowIfNull(tape);
        return _inputs.Item(tape, items);
    }

    /// <summary>The rows of embedding tables that a step on <paramref name="batch"/> reads, on whichever path.</summary>
    public IReadOnlyList<RowLookup> Rows(BatchArrays batch) => _inputs.Rows(batch);

    /// <summary>
    /// The path's towers for kernels of whole towers; null where the device has none or they do not support a block of the path.
    /// </summary>
    public FusedTowers? Fused(Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        return Device.Towers is { } kernels
            && _userTower.Fused(architecture.User) is { } user && kernels.Supports(user)
            && _itemTower.Fused(architecture.Item) is { } item && kernels.Supports(item)
            ? new FusedTowers(kernels, user, item)
            : null;
    }

    /// <summary>Whether the device pools histories this way in one launch, instead of operation by operation.</summary>
    public bool PoolsInOneLaunch(PoolingType pooling)
    {
        ArgumentNullException.ThrowIfNull(pooling);
        return _inputs.PoolsInOneLaunch(Pooling(pooling).Pooling);
    }

    /// <summary>The parameter groups that a step on <paramref name="architecture"/> updates; all others stay as they are.</summary>
    public IReadOnlyList<ParameterGroup> Path(Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        List<ParameterGroup> groups = [.. _inputs.Groups, Pooling(architecture.Pooling).Group];
        groups.AddRange(_userTower.Path(architecture.User));
        groups.AddRange(_itemTower.Path(architecture.Item));
        groups.RemoveAll(group => group.Parameters.Count == 0);
        return groups;
    }

    /// <summary>Sets all running statistics to mean 0, variance 1.</summary>
    public void ResetRunningStatistics() => Device.Copy(_initialBuffers.Address, Store.Buffers.Address, _initialBuffers.Bytes);

    /// <summary>The model that the path <paramref name="architecture"/> is; it shares this model's parameters.</summary>
    public ITwoTowerModel At(Architecture architecture) => new SupernetPath(this, architecture);

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer) => new ModelState(this).Save(writer);

    /// <inheritdoc/>
    public void Restore(CheckpointReader reader) => new ModelState(this).Restore(reader);

    /// <inheritdoc/>
    public void Dispose()
    {
        _initialBuffers.Dispose();
        Store.Dispose();
    }

    private TowerInput MixedUserInput(Tape tape, PoolingType pooling, BatchArrays batch, ArchitectureGates gates) =>
        _inputs.User(tape, batch, output => MixedChoice.Mix(
            tape,
            Space.Poolings.TakeWhile(other => other != pooling).Count(),
            gates.Pooling,
            output,
            (k, on, to) => _inputs.Pool(on, Pooling(Space.Poolings[k]).Pooling, batch, to)));

    private (ParameterGroup Group, IPooling Pooling) Pooling(PoolingType type) =>
        _poolings.TryGetValue(type.Name, out var pooling)
            ? pooling
            : throw new ArgumentException($"Pooling {type.Name} is not in this model's search space.");
}

/// <summary>The towers of a path for kernels of whole towers.</summary>
/// <param name="Kernels">The kernels.</param>
/// <param name="User">Path through the user tower.</param>
/// <param name="Item">Path through the item tower.</param>
public sealed record FusedTowers(ITowerKernels Kernels, TowerPath User, TowerPath Item);
