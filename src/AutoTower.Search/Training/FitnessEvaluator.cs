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
        _batch = new DeviceBatch(device, options.BatchSize, model.Shape.HistoryLength);
        _clock = new DeviceBuffer<int>(device, 1, "fitness clock");
        _loss = new DeviceBuffer<float>(device, 1, "fitness loss");
        _arena = new Arena(device, "fitness");
        var rows = options.LossBatches * _lossBatchSize;
        _userVectors = new TowerVectorCache(device, rows, model.Shape.OutputWidth, CacheBytesPerTower);
        _itemVectors = new TowerVectorCache(device, rows, model.Shape.OutputWidth, CacheBytesPerTower);
    }

    /// <summary>Mean plain batch softmax of <paramref name="architecture"/>; lower is better. Waits for the device.</summary>
    public double Evaluate(Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        var users = _userVectors.GetOrFill(
            $"{architecture.Pooling.Name};{string.Join(',', architecture.User.Select(type => type.Name))}",
            vectors => Fill(vectors, (tape, batch) => _model.Users(tape, architecture, batch).Representation));
        var items = _itemVectors.GetOrFill(
            string.Join(',', architecture.Item.Select(type => type.Name)),
            vectors => Fill(vectors, (tape, batch) => _model.Items(tape, architecture, batch.Items).Representation));
        var loss = new Matrix(_loss.Address, 1, 1);
        _model.Device.Zero(_loss.Address, _loss.Bytes);
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
        _userVectors.Dispose();
        _itemVectors.Dispose();
        _batch.Dispose();
        _clock.Dispose();
        _loss.Dispose();
        _arena.Dispose();
    }

    private void Fill(Matrix vectors, Func<Tape, BatchArrays, Tensor> tower)
    {
        _model.ResetRunningStatistics();
        Recalibrate(tower);
        ForEachBatch(_validation, _lossBatchSize, _options.LossBatches, _seed, (index, batch) =>
        {
            var output = tower(new Tape(_arena, ForwardMode.Inference), batch);
            _model.Device.Elementwise.CopyForward(output.Value, vectors.SliceRows(index * _lossBatchSize, _lossBatchSize));
        });
    }

    private void Recalibrate(Func<Tape, BatchArrays, Tensor> tower) =>
        ForEachBatch(_train, _statisticsBatchSize, _options.StatisticsBatches, _seed + StatisticsSeedOffset, (index, batch) =>
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
}
