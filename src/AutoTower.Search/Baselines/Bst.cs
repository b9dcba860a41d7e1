using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Operations;
using AutoTower.Search.Cost;
using AutoTower.Search.Models;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Baselines;

/// <summary>
/// BST (Chen et al. 2019) as a user tower (paper, section 4.2.2): a transformer layer over the history, the mean of its valid rows beside the
/// other user fields, then the DNN. The item tower is GoogleDNN's.
/// </summary>
public sealed class Bst : Baseline
{
    private readonly TransformerLayer _transformer;
    private readonly DenseTower _user;
    private readonly DenseTower _item;

    internal Bst(BaselineDefinition definition, DeviceDataset data, ModelShape shape, ulong seed)
        : base(definition, data, shape)
    {
        _transformer = new TransformerLayer(Store.AddGroup("transformer"), shape.HistoryLength, shape.HistoryWidth, definition.InnerWidth);
        _user = new DenseTower(Store, "user_tower", shape.UserInputWidth, definition.Layers, shape.OutputWidth);
        _item = new DenseTower(Store, "item_tower", shape.ItemInputWidth, definition.Layers, shape.OutputWidth);
        Allocate(seed);
    }

    private protected override TowerOutput UserTower(Tape tape, BatchArrays batch)
    {
        var input = Inputs.User(tape, batch, output =>
            tape.SumPool(_transformer.Forward(tape, Inputs.History(tape, batch), batch.Lengths), batch.Lengths, average: true, output));
        return new TowerOutput(_user.Forward(tape, input.Value), input.Embeddings);
    }

    private protected override TowerOutput ItemTower(Tape tape, IntegerArray items)
    {
        var input = Inputs.Item(tape, items);
        return new TowerOutput(_item.Forward(tape, input.Value), input.Embeddings);
    }
}
