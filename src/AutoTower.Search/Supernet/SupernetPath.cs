using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Models;
using AutoTower.Search.Space;

namespace AutoTower.Search.Supernet;

/// <summary>One path through a supernet, as a model.</summary>
/// <param name="supernet">The supernet, which has the parameters.</param>
/// <param name="architecture">The path.</param>
public sealed class SupernetPath(TwoTowerModel supernet, Architecture architecture) : ITwoTowerModel
{
    /// <summary>The supernet.</summary>
    public TwoTowerModel Supernet => supernet;

    /// <inheritdoc/>
    public string Name => architecture.ToString();

    /// <inheritdoc/>
    public Architecture Architecture => architecture;

    /// <inheritdoc/>
    public int OutputWidth => supernet.Shape.OutputWidth;

    /// <inheritdoc/>
    public DeviceDataset Data => supernet.Data;

    /// <inheritdoc/>
    public ParameterStore Store => supernet.Store;

    /// <inheritdoc/>
    public IReadOnlyList<ParameterGroup> Groups => supernet.Path(architecture);

    /// <inheritdoc/>
    public IReadOnlyList<RowLookup> Rows(BatchArrays batch) => supernet.Rows(batch);

    /// <inheritdoc/>
    public Tensor Users(Tape tape, BatchArrays batch) => supernet.Users(tape, architecture, batch).Representation;

    /// <inheritdoc/>
    public Tensor Items(Tape tape, IntegerArray items) => supernet.Items(tape, architecture, items).Representation;

    /// <inheritdoc/>
    public void Loss(Tape tape, BatchArrays batch, TwoTowerObjective objective)
    {
        ArgumentNullException.ThrowIfNull(tape);
        if (tape.Mode != ForwardMode.Recalibration && supernet.Fused(architecture) is { } fused)
        {
            var (user, item) = supernet.Inputs(tape, architecture.Pooling, batch, lookUp => fused.Kernels.Prepare(fused.User, fused.Item, lookUp));
            tape.TwoTowerLoss(
                fused.Kernels,
                new TowerInputs(fused.User, user.Value, user.Embeddings.Columns),
                new TowerInputs(fused.Item, item.Value, item.Embeddings.Columns),
                objective);
            return;
        }

        tape.TwoTowerLoss(supernet.Users(tape, architecture, batch), supernet.Items(tape, architecture, batch.Items), objective);
    }
}
