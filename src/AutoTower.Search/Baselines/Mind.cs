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

/// <summary>
/// MIND (Li et al. 2019): the history passes a bilinear map and three rounds of dynamic routing into K = 3 interest capsules; each, beside the
/// user's fields, passes one DNN. Items have a linear layer only. In training, label-aware attention makes one vector of the interests for the
/// item of the same row; in ranking an item's score is its largest over the interests.
/// </summary>
public sealed class Mind : Baseline
{
    private const int InterestCount = 3;
    private const int RoutingRounds = 3;
    private const float LabelScale = 1; // of the inner products in label-aware attention: the published exponent p = 1

    private readonly LinearLayer _bilinear;
    private readonly Parameter _logits;
    private readonly DenseTower _user;
    private readonly DenseTower _item;

    internal Mind(BaselineDefinition definition, DeviceDataset data, ModelShape shape, ulong seed)
        : base(definition, data, shape)
    {
        var routing = Store.AddGroup("routing");
        _bilinear = routing.AddLinear("bilinear", shape.HistoryWidth, shape.HistoryWidth, bias: false);
        _logits = routing.AddConstant("logits", InterestCount, shape.HistoryLength, new Initialiser.StandardNormal());
        _user = new DenseTower(Store, "user_tower", shape.UserInputWidth, definition.Layers, shape.OutputWidth);
        _item = new DenseTower(Store, "item_tower", shape.ItemInputWidth, [], shape.OutputWidth);
        Allocate(seed);
    }

    /// <inheritdoc/>
    public override int Interests => InterestCount;

    /// <summary>
    /// Cost of the user tower's front: bilinear map; per round sums, lengths and scaling of the capsules; between rounds agreements.
    /// </summary>
    public static Complexity RoutingCost(long length, long width) => new(
        width * width,
        (length * width * width)
            + (RoutingRounds * InterestCount * ((length * width) + (2 * width)))
            + ((RoutingRounds - 1) * InterestCount * length * width));

    /// <summary>What the user tower computes once an interest.</summary>
    public static Complexity ForInterests(Complexity once) => once with { MultiplyAccumulates = InterestCount * once.MultiplyAccumulates };

    /// <inheritdoc/>
    public override void Loss(Tape tape, BatchArrays batch, TwoTowerObjective objective)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var users = UserTower(tape, batch);
        var items = ItemTower(tape, batch.Items);
        // Attention sees the label. Sharpened by the loss's temperature it would pick the one interest nearest to it, whatever the user's
        // history says, and training would pay for that (docs/results.md).
        var attended = tape.NewTensor(batch.Users.Length, OutputWidth);
        tape.LabelAttention(users.Representation, items.Representation, LabelScale, attended);
        var vectors = tape.NewTensor(batch.Users.Length, OutputWidth);
        tape.L2Normalise(attended, vectors);
        tape.TwoTowerLoss(users with { Representation = vectors }, items, objective);
    }

    private protected override TowerOutput UserTower(Tape tape, BatchArrays batch)
    {
        var size = batch.Users.Length;
        var history = Inputs.History(tape, batch);
        var mapped = tape.NewTensor(history.Rows, history.Columns);
        tape.Linear(history, _bilinear, mapped);

        // A row an interest: (B*K, F*E + d), the user's fields in each.
        var fields = Inputs.UserFields(tape, batch.Users);
        var input = tape.NewTensor(size * InterestCount, Shape.UserInputWidth);
        tape.RouteCapsules(
            mapped, batch.Lengths, _logits.Tensor.Value, RoutingRounds, input.SliceColumns(fields.Columns, Shape.HistoryWidth));
        var byUser = input.Reshape(size, InterestCount * Shape.UserInputWidth);
        for (var k = 0; k < InterestCount; k++)
        {
            tape.Copy(fields, byUser.SliceColumns(k * Shape.UserInputWidth, fields.Columns));
        }

        return new TowerOutput(_user.Forward(tape, input).Reshape(size, InterestCount * OutputWidth), fields);
    }

    private protected override TowerOutput ItemTower(Tape tape, IntegerArray items)
    {
        var input = Inputs.Item(tape, items);
        return new TowerOutput(_item.Forward(tape, input.Value), input.Embeddings);
    }
}
