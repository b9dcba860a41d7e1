using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Cost;
using AutoTower.Search.Models;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Baselines;

/// <summary>A human-made model (paper, section 4.2.2) on the same engine, data, loss and protocol as the architectures.</summary>
public abstract class Baseline : ITwoTowerModel, IDisposable
{
    private protected Baseline(BaselineDefinition definition, DeviceDataset data, ModelShape shape)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(shape);
        Name = definition.Name;
        Data = data;
        Shape = shape;
        Inputs = new EntityInputs(Store, data, shape);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public Architecture? Architecture => null;

    /// <inheritdoc/>
    public DeviceDataset Data { get; }

    /// <summary>Sizes of inputs and output.</summary>
    public ModelShape Shape { get; }

    /// <inheritdoc/>
    public int OutputWidth => Shape.OutputWidth;

    /// <inheritdoc/>
    public virtual int Interests => 1;

    /// <inheritdoc/>
    public ParameterStore Store { get; } = new();

    /// <inheritdoc/>
    public IReadOnlyList<ParameterGroup> Groups => [.. Store.Groups.Where(group => group.Parameters.Count > 0)];

    private protected EntityInputs Inputs { get; }

    /// <inheritdoc/>
    public IReadOnlyList<RowLookup> Rows(BatchArrays batch) => Inputs.Rows(batch);

    /// <inheritdoc/>
    public Tensor Users(Tape tape, BatchArrays batch) => UserTower(tape, batch).Representation;

    /// <inheritdoc/>
    public Tensor Items(Tape tape, IntegerArray items) => ItemTower(tape, items).Representation;

    /// <inheritdoc/>
    public virtual void Loss(Tape tape, BatchArrays batch, TwoTowerObjective objective) =>
        tape.TwoTowerLoss(UserTower(tape, batch), ItemTower(tape, batch.Items), objective);

    /// <inheritdoc/>
    public void Dispose()
    {
        Store.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>User vectors (B, interests * O) and the users' own field embeddings.</summary>
    private protected abstract TowerOutput UserTower(Tape tape, BatchArrays batch);

    /// <summary>Item vectors (B, O) and the items' field embeddings.</summary>
    private protected abstract TowerOutput ItemTower(Tape tape, IntegerArray items);

    /// <summary>Draws initial values, once all parameters are declared.</summary>
    private protected void Allocate(ulong seed)
    {
        Store.Allocate(Data.Device, seed);
        Inputs.Bind();
    }
}
