using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Training;

/// <summary>
/// The fitness of a candidate: with the supernet's weights, batch norm statistics are recomputed for it on training batches, then the
/// plain batch softmax (no temperature, no correction) is averaged over validation batches (SPEC.md). All candidates see the same batches.
/// User and item tower are evaluated apart and combined, since they meet only in the loss.
/// </summary>
public sealed class FitnessEvaluator : IDisposable
{
    private const long CacheBytesPerTower = 256L << 20;
    private const int StatisticsSeedOffset = 1;
    private readonly TwoTowerModel _model;
    private readonly IntegerArray _train;
    private readonly IntegerArray _validation;
    private readonly FitnessOptions _options;
    private readonly ulong _seed;
    private readonly int _statisticsBatchSize;
    private readonly int _lossBatchSize;
    private readonly DeviceBatch _batch;
    private readonly DeviceBuffer<int> _clock;
    private readonly DeviceBuffer<float> _loss;
    private readonly Arena _arena;
    private readonly TowerVectorCache _userVectors;
    private readonly TowerVectorCache _itemVectors;
    private readonly GroupedTowerPass _grouped;

    /// <summary>Prepares evaluation of paths of <paramref name="model"/>.</summary>
    /// <param name="model">The trained supernet; its running statistics are overwritten.</param>
    /// <param name="train">Training interactions.</param>
    /// <param name="validation">Validation interactions.</param>
    /// <param name="options">Number and size of batches.</param>
    /// <param name="seed">Seed of the batches.</param>
    public FitnessEvaluator(TwoTowerModel model, IntegerArray train, IntegerArray validation, FitnessOptions options, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        _model = model;
        _train = train;
        _validation = validation;
        _options = options;
        _seed = seed;
        _statisticsBatchSize = Math.Min(options.BatchSize, train.Length);
        _lossBatchSize = Math.Min(options.BatchSize, validation.Length);
        var device = model.Device;
        _batch = new DeviceBatch(device, Math.Max(_statisticsBatchSize, _lossBatchSize), model.Shape.HistoryLength);
        _clock = new DeviceBuffer<int>(device, 1, "fitness clock");
        _loss = new DeviceBuffer<float>(device, 1, "fitness loss");
        _arena = new Arena(device, "fitness");
        var rows = options.LossBatches * _lossBatchSize;
        _userVectors = new TowerVectorCache(device, rows, model.Shape.OutputWidth, CacheBytesPerTower);
        _itemVectors = new TowerVectorCache(device, rows, model.Shape.OutputWidth, CacheBytesPerTower);
        _grouped = new GroupedTowerPass(model, options);
    }

    /// <summary>Mean plain batch softmax of <paramref name="architecture"/>; lower is better. Waits for the device.</summary>
    public double Evaluate(Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        var fused = _model.Fused(architecture);
        var users = _userVectors.GetOrFill(
            $"{architecture.Pooling.Name};{string.Join(',', architecture.User.Select(type => type.Name))}",
            vectors => Fill(vectors, fused is null
                ? TowerOf((tape, batch) => _model.Users(tape, architecture, batch).Representation)
                : new TowerPass(
                    fused.User, architecture.Pooling.Name, (tape, batch) => _model.UserInput(tape, architecture.Pooling, batch).Value)));
        var items = _itemVectors.GetOrFill(
            string.Join(',', architecture.Item.Select(type => type.Name)),
            vectors => Fill(vectors, fused is null
                ? TowerOf((tape, batch) => _model.Items(tape, architecture, batch.Items).Representation)
                : new TowerPass(fused.Item, "items", (tape, batch) => _model.ItemInput(tape, batch.Items).Value)));
        _model.Device.Zero(_loss.Address, _loss.Bytes);
        AddLoss(users, items);
        Span<float> sum = stackalloc float[1];
        _model.Device.Download(_loss.Address, sum);
        return sum[0] / (double)_options.LossBatches;
    }

    /// <summary>
    /// Recomputes the running statistics of <paramref name="architecture"/> on training batches, both towers; they stay in the model.
    /// </summary>
    public void Recalibrate(Architecture architecture)
    {
        Recalibrate((tape, batch) => _model.Users(tape, architecture, batch).Representation);
        Recalibrate((tape, batch) => _model.Items(tape, architecture, batch.Items).Representation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _grouped.Dispose();
        _userVectors.Dispose();
        _itemVectors.Dispose();
        _batch.Dispose();
        _clock.Dispose();
        _loss.Dispose();
        _arena.Dispose();
    }

    private static TowerPass TowerOf(Func<Tape, BatchArrays, Tensor> output) => new(null, string.Empty, output);

    // The sum of the batches' plain softmax losses.
    private void AddLoss(Matrix users, Matrix items)
    {
        var loss = new Matrix(_loss.Address, 1, 1);
        if (_model.Device.Towers is { } kernels && kernels.SupportsSoftmax(_lossBatchSize))
        {
            _arena.Reset();
            kernels.Softmax(new SoftmaxBatch(
                new Tensor(users, Matrix.None),
                new Tensor(items, Matrix.None),
                Matrix.None,
                Matrix.None,
                Temperature: 1f,
                _options.LossBatches,
                _arena.NewMatrix(1, users.Rows),
                _arena.NewMatrix(1, users.Rows),
                loss));
            return;
        }

        for (var i = 0; i < _options.LossBatches; i++)
        {
            _model.Device.Loss.BatchSoftmaxForward(
                users.SliceRows(i * _lossBatchSize, _lossBatchSize),
                items.SliceRows(i * _lossBatchSize, _lossBatchSize),
                Matrix.None,
                Matrix.None,
                temperature: 1f,
                Matrix.None,
                loss);
        }
    }

    private void Fill(Matrix vectors, TowerPass tower)
    {
        _model.ResetRunningStatistics();
        if (tower.Path is { } path)
        {
            var inputs = _grouped.GetOrFill(
                tower.Key,
                (_options.StatisticsBatches * _statisticsBatchSize, _options.LossBatches * _lossBatchSize),
                path.InputWidth,
                (statistics, loss) =>
                {
                    ForEachStatisticsBatch((index, batch) => CopyInput(tower, batch, statistics, index));
                    ForEachLossBatch((index, batch) => CopyInput(tower, batch, loss, index));
                });
            _grouped.Run(path, inputs, vectors);
            return;
        }

        Recalibrate(tower.Run);
        ForEachLossBatch((index, batch) =>
        {
            var output = tower.Run(new Tape(_arena, ForwardMode.Inference), batch);
            _model.Device.Elementwise.CopyForward(output.Value, vectors.SliceRows(index * _lossBatchSize, _lossBatchSize));
        });
    }

    private void CopyInput(TowerPass tower, BatchArrays batch, Matrix to, int index)
    {
        var input = tower.Run(new Tape(_arena, ForwardMode.Inference), batch).Value;
        _model.Device.Elementwise.CopyForward(input, to.SliceRows(index * input.Rows, input.Rows));
    }

    private void ForEachStatisticsBatch(Action<int, BatchArrays> body) =>
        ForEachBatch(_train, _statisticsBatchSize, _options.StatisticsBatches, _seed + StatisticsSeedOffset, body);

    private void ForEachLossBatch(Action<int, BatchArrays> body) =>
        ForEachBatch(_validation, _lossBatchSize, _options.LossBatches, _seed, body);

    private void Recalibrate(Func<Tape, BatchArrays, Tensor> tower) =>
        ForEachStatisticsBatch((index, batch) =>
        {
            var momentum = _options.Merging == StatisticsMerging.Cumulative ? 1f / (index + 1) : 0.1f;
            tower(new Tape(_arena, ForwardMode.Recalibration) { BatchNormMomentum = momentum }, batch);
        });

    private void ForEachBatch(IntegerArray pool, int size, int count, ulong seed, Action<int, BatchArrays> body)
    {
        var device = _model.Device;
        var clock = new IntegerArray(_clock.Address, 1);
        device.Zero(_clock.Address, _clock.Bytes);
        for (var i = 0; i < count; i++)
        {
            _arena.Reset();
            var batch = _batch.Arrays(size);
            device.Batches.Advance(clock);
            device.Batches.AssembleShuffled(_model.Data.Interactions, pool, seed, clock, batch);
            body(i, batch);
        }
    }

    /// <summary>How one tower's vectors are computed for a batch, or its input where kernels for whole towers do the rest.</summary>
    /// <param name="Path">The path for those kernels, or null.</param>
    /// <param name="Key">What the input depends on beside the batches.</param>
    /// <param name="Run">The tower's output; with a path, its input.</param>
    private sealed record TowerPass(TowerPath? Path, string Key, Func<Tape, BatchArrays, Tensor> Run);
}
