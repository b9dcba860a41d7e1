using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Search.Models;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Training;

/// <summary>
/// The corrected batch softmax on validation interactions, with the item frequencies that training has learnt and without learning from
/// them. The same batches, in a shuffled order so that a user's own records do not meet as negatives, every time.
/// </summary>
public sealed class ValidationLoss : IDisposable
{
    private readonly ITwoTowerModel _model;
    private readonly FrequencyEstimator _frequencies;
    private readonly IntegerArray _pool;
    private readonly TrainingOptions _options;
    private readonly ulong _seed;
    private readonly int _batchSize;
    private readonly DeviceBatch _batch;
    private readonly DeviceBuffer<int> _clock;
    private readonly DeviceBuffer<int> _scratch;
    private readonly DeviceBuffer<float> _loss;
    private readonly Arena _arena;

    /// <summary>Prepares the loss over the interactions <paramref name="pool"/>.</summary>
    public ValidationLoss(ITwoTowerModel model, FrequencyEstimator frequencies, IntegerArray pool, TrainingOptions options, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(frequencies);
        ArgumentNullException.ThrowIfNull(options);
        if (pool.Length < 1)
        {
            throw new ArgumentException("There is no validation interaction; early stopping and fitness need some.", nameof(pool));
        }

        _model = model;
        _frequencies = frequencies;
        _pool = pool;
        _options = options;
        _seed = seed;
        _batchSize = Math.Min(options.BatchSize, pool.Length);
        var device = model.Device;
        _batch = new DeviceBatch(device, _batchSize, model.Data.Dataset.HistoryLength, model.Data.IsWeighted);
        _clock = new DeviceBuffer<int>(device, 1, "validation clock");
        _scratch = new DeviceBuffer<int>(device, frequencies.LastSeen.Length, "validation scratch");
        _loss = new DeviceBuffer<float>(device, 1, "validation loss");
        _arena = new Arena(device, "validation");
    }

    /// <summary>Mean loss over the batches with running statistics. Waits for the device.</summary>
    public double Compute()
    {
        var device = _model.Device;
        var clock = new IntegerArray(_clock.Address, 1);
        device.Zero(_clock.Address, _clock.Bytes);
        device.Zero(_loss.Address, _loss.Bytes);
        var batches = _pool.Length / _batchSize;
        for (var i = 0; i < batches; i++)
        {
            _arena.Reset();
            var batch = _batch.Arrays(_batchSize);
            device.Batches.Advance(clock);
            device.Batches.AssembleShuffled(_model.Data.Interactions, _pool, _seed, clock, batch);
            var tape = new Tape(_arena, ForwardMode.Inference);
            var logProbability = _arena.NewMatrix(1, _batchSize);
            _frequencies.LookUp(batch.Items, clock, _scratch, logProbability);
            _model.Loss(tape, batch, new TwoTowerObjective(logProbability, _options.Temperature, 0f, new Matrix(_loss.Address, 1, 1), batch.Rewards));
        }

        Span<float> sum = stackalloc float[1];
        device.Download(_loss.Address, sum);
        return sum[0] / (double)batches;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _batch.Dispose();
        _clock.Dispose();
        _scratch.Dispose();
        _loss.Dispose();
        _arena.Dispose();
    }
}
