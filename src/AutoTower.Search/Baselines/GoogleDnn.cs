using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Search.Cost;
using AutoTower.Search.Models;
using AutoTower.Search.Space;
using AutoTower.Search.Space.Blocks;
using AutoTower.Search.Space.Poolings;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Baselines;

/// <summary>
/// GoogleDNN (Yi et al. 2019): each tower is a DNN over its concatenated input, the history is averaged. SENET (paper, section 4.2.2;
/// FiBiNet, Huang et al. 2019) is the same with a layer behind the embeddings of each tower that weighs its fields, those of the averaged
/// history included.
/// </summary>
public sealed class GoogleDnn : Baseline
{
    private readonly IPooling _average;
    private readonly SqueezeExcitation? _userWeights;
    private readonly SqueezeExcitation? _itemWeights;
    private readonly DenseTower _user;
    private readonly DenseTower _item;

    internal GoogleDnn(BaselineDefinition definition, DeviceDataset data, ModelShape shape, ulong seed)
        : base(definition, data, shape)
    {
        _average = new SumPoolingType(average: true).Build(Store.AddGroup("pooling"), shape.HistoryLength, shape.HistoryWidth);
        if (definition.Family == BaselineFamily.Senet)
        {
            _userWeights = new SqueezeExcitation(Store.AddGroup("user_weights"), shape.UserFields + shape.HistoryFields);
            _itemWeights = new SqueezeExcitation(Store.AddGroup("item_weights"), shape.ItemFields);
        }

        _user = new DenseTower(Store, "user_tower", shape.UserInputWidth, definition.Layers, shape.OutputWidth);
        _item = new DenseTower(Store, "item_tower", shape.ItemInputWidth, definition.Layers, shape.OutputWidth);
        Allocate(seed);
    }

    private protected override TowerOutput UserTower(Tape tape, BatchArrays batch) =>
        Forward(tape, Inputs.User(tape, _average, batch), _userWeights, _user);

    private protected override TowerOutput ItemTower(Tape tape, IntegerArray items) =>
        Forward(tape, Inputs.Item(tape, items), _itemWeights, _item);

    private static TowerOutput Forward(Tape tape, TowerInput input, SqueezeExcitation? weights, DenseTower tower) =>
        new(tower.Forward(tape, weights?.Forward(tape, input.Value) ?? input.Value), input.Embeddings);
}
