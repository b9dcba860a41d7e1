using AutoTower.Autograd.Random;
using AutoTower.Bench.Supernet;
using AutoTower.Search.Data;
using AutoTower.Search.Space;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AutoTower.Bench.Torch;

/// <summary>
/// The same supernet in TorchSharp: the same layers, corrected batch softmax, regulariser, clipping and Adam with weight decay, of which only
/// the path's parameters have gradients (Adam skips those without).
/// </summary>
internal sealed class TorchSupernet : ISupernet
{
    private readonly Dataset _dataset;
    private readonly TorchEmbeddings _users;
    private readonly TorchEmbeddings _items;
    private readonly Dictionary<string, TorchPooling> _poolings;
    private readonly TorchTower _userTower;
    private readonly TorchTower _itemTower;
    private readonly Adam _optimiser;
    private readonly Tensor _targets;
    private readonly float[] _interval;
    private readonly int[] _lastSeen;
    private readonly int _batch = BenchmarkWorld.Options.BatchSize;
    private int _step;
    private float _loss;

    public TorchSupernet(Dataset dataset, int threads)
    {
        set_num_threads(threads);
        random.manual_seed((long)BenchmarkWorld.Seed);
        var shape = BenchmarkWorld.Shape;
        _dataset = dataset;
        _users = new TorchEmbeddings(dataset.Users, shape.EmbeddingDimension);
        _items = new TorchEmbeddings(dataset.Items, shape.EmbeddingDimension);
        _poolings = BenchmarkWorld.Space.Poolings.ToDictionary(type => type.Name, type => TorchPooling.Create(type, shape));
        _userTower = new TorchTower(shape.UserInputWidth, BenchmarkWorld.Space.UserChoices, shape);
        _itemTower = new TorchTower(shape.ItemInputWidth, BenchmarkWorld.Space.ItemChoices, shape);
        var adam = BenchmarkWorld.Options.Adam;
        _optimiser = optim.Adam(
            [.. _users.Parameters, .. _items.Parameters, .. _poolings.Values.SelectMany(pooling => pooling.Parameters), .. _userTower.AllParameters, .. _itemTower.AllParameters],
            adam.LearningRate,
            adam.Beta1,
            adam.Beta2,
            adam.Epsilon,
            adam.WeightDecay);
        _targets = arange(_batch, ScalarType.Int64);
        _interval = [.. Enumerable.Repeat((float)((dataset.Items.Count - 1) / _batch), dataset.Items.Count)];
        _lastSeen = new int[dataset.Items.Count];
    }

    public void Step(Architecture path)
    {
        using var scope = NewDisposeScope();
        var (userIds, itemIds, histories) = NextBatch();
        using var logProbability = tensor(UpdateFrequencies(itemIds));
        using var users = tensor(userIds);
        using var items = tensor(itemIds);
        var userEmbeddings = _users.Gather(users);
        var itemEmbeddings = _items.Gather(items);
        var pooled = _poolings[path.Pooling.Name].Forward(History(histories));
        var userVectors = _userTower.Forward(cat([userEmbeddings, pooled], 1), path.User);
        var itemVectors = _itemTower.Forward(itemEmbeddings, path.Item);
        var options = BenchmarkWorld.Options;
        var scores = userVectors.matmul(itemVectors.t()).mul(1 / options.Temperature).sub(logProbability);
        var loss = nn.functional.cross_entropy(scores, _targets).add(userEmbeddings.norm().add(itemEmbeddings.norm()).mul(options.Regulariser));
        loss.backward();
        Parameter[] parameters = [.. PathLayers(path).SelectMany(layer => layer.Parameters)];
        nn.utils.clip_grad_norm_(parameters, options.Adam.MaximumNorm);
        _optimiser.step();
        foreach (var parameter in parameters)
        {
            parameter.grad?.Dispose();
            parameter.grad = null;
        }

        _loss = loss.item<float>();
    }

    public float ReadLoss() => _loss;

    public Complexity CostOf(Architecture path)
    {
        // Scores against 1,024 items, as the cost model counts them.
        var cost = new Complexity(0, (long)_batch * BenchmarkWorld.Shape.OutputWidth);
        foreach (var layer in PathLayers(path).Where(layer => layer is not TorchEmbeddings))
        {
            cost += layer.Cost;
        }

        return cost;
    }

    public void Dispose()
    {
        _optimiser.Dispose();
        _targets.Dispose();
        foreach (var layer in new TorchLayer[] { _users, _items, _userTower, _itemTower }.Concat(_poolings.Values))
        {
            layer.Dispose();
        }
    }

    private IEnumerable<TorchLayer> PathLayers(Architecture path) =>
        [_users, _items, _poolings[path.Pooling.Name], .. _userTower.Path(path.User), .. _itemTower.Path(path.Item)];

    /// <summary>The batch that AutoTower sees at this step.</summary>
    private (long[] Users, long[] Items, int[] Histories) NextBatch()
    {
        var log = _dataset.Interactions;
        var batches = log.Count / _batch;
        var order = new Shuffle(log.Count, BenchmarkWorld.Seed, (uint)(_step / batches));
        var length = _dataset.HistoryLength;
        var (users, items, histories) = (new long[_batch], new long[_batch], new int[_batch * length]);
        for (var i = 0; i < _batch; i++)
        {
            var interaction = order[(_step % batches * _batch) + i];
            users[i] = log.Users[interaction];
            items[i] = log.Items[interaction];
            log.CopyHistory(interaction, histories.AsSpan(i * length, length));
        }

        _step++;
        return (users, items, histories);
    }

    private float[] UpdateFrequencies(long[] items)
    {
        var rate = BenchmarkWorld.Options.FrequencyRate;
        var logProbability = new float[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            var item = items[i];
            _interval[item] = ((1 - rate) * _interval[item]) + (rate * (_step - _lastSeen[item]));
            _lastSeen[item] = _step;
            logProbability[i] = -MathF.Log(_interval[item]);
        }

        return logProbability;
    }

    private TorchHistory History(int[] histories)
    {
        var length = _dataset.HistoryLength;
        var ids = tensor(histories).view(_batch, length);
        var padding = ids.eq(0);
        var valid = padding.logical_not().to(ScalarType.Float32);
        var rows = _items.GatherFirst(ids.view(-1), _dataset.HistoryFields).view(_batch, length, -1).mul(valid.unsqueeze(-1));
        var counts = valid.sum(1, keepdim: true);
        return new TorchHistory(rows, valid, padding, counts.clamp(1), counts.clamp(0, 1));
    }
}
