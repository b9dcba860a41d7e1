using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Training.Measures;

/// <summary>The mean batch softmax loss of validation batches: plain (SPEC.md's fitness), or with temperature and correction.</summary>
internal sealed class BatchLossMeasure : IFitnessMeasure
{
    // Item frequencies forget with rate 0.01 an occurrence, so these batches are all that a longer training would know.
    private const int FrequencyBatches = 1000;
    private const ulong FrequencySeedOffset = 3;
    private readonly Device _device;
    private readonly ShuffledBatches _batches;
    private readonly float _temperature;
    private readonly DeviceBuffer<float> _loss;
    private readonly DeviceBuffer<float>? _logProbability;
    private readonly DeviceBuffer<float>? _rewards;
    private readonly Arena _arena;

    /// <summary>The plain loss.</summary>
    public BatchLossMeasure(DeviceDataset data, IntegerArray validation, FitnessOptions options, ulong seed)
    {
        _device = data.Device;
        _batches = new ShuffledBatches(data, validation, options.LossBatches, options.BatchSize, seed);
        _temperature = 1;
        _loss = new DeviceBuffer<float>(_device, 1, "fitness loss");
        _arena = new Arena(_device, "fitness loss");
        if (data.IsWeighted)
        {
            _rewards = new DeviceBuffer<float>(_device, _batches.Rows, "fitness weights");
            _batches.ForEach((index, batch) => _device.Elementwise.CopyForward(batch.Rewards, OfBatch(Rewards, index)));
        }
    }

    /// <summary>The corrected loss, with the item frequencies of training batches.</summary>
    public BatchLossMeasure(
        DeviceDataset data, IntegerArray train, IntegerArray validation, FitnessOptions options, TrainingOptions training, ulong seed)
        : this(data, validation, options, seed)
    {
        _temperature = training.Temperature;
        _logProbability = new DeviceBuffer<float>(_device, _batches.Rows, "fitness log probabilities");
        using var stream = new ShuffledBatches(data, train, FrequencyBatches, training.BatchSize, seed + FrequencySeedOffset);
        using var frequencies = new FrequencyEstimator(_device, data.Dataset.Items.Count - 1, stream.Size, training.FrequencyRate);
        using var scratch = new DeviceBuffer<int>(_device, frequencies.LastSeen.Length, "fitness scratch");
        stream.ForEach((_, batch) =>
        {
            _arena.Reset();
            frequencies.Update(batch.Items, stream.Clock, _arena.NewMatrix(1, stream.Size));
        });
        _batches.ForEach((index, batch) => frequencies.LookUp(batch.Items, _batches.Clock, scratch, OfBatch(LogProbability, index)));
    }

    public EvaluationBatches Users => _batches;

    public EvaluationBatches Items => _batches;

    private Matrix LogProbability => Row(_logProbability);

    private Matrix Rewards => Row(_rewards);

    public double Value(Matrix users, Matrix items)
    {
        var loss = new Matrix(_loss.Address, 1, 1);
        _device.Zero(_loss.Address, _loss.Bytes);
        if (_device.Towers is { } kernels)
        {
            _arena.Reset();
            kernels.Softmax(new SoftmaxBatch(
                new Tensor(users, Matrix.None),
                new Tensor(items, Matrix.None),
                LogProbability,
                Rewards,
                _temperature,
                _batches.Count,
                _arena.NewMatrix(1, users.Rows),
                loss));
        }
        else
        {
            for (var i = 0; i < _batches.Count; i++)
            {
                var first = i * _batches.Size;
                _device.Loss.BatchSoftmaxForward(
                    users.SliceRows(first, _batches.Size),
                    items.SliceRows(first, _batches.Size),
                    OfBatch(LogProbability, i),
                    OfBatch(Rewards, i),
                    _temperature,
                    Matrix.None,
                    loss);
            }
        }

        Span<float> sum = stackalloc float[1];
        _device.Download(_loss.Address, sum);
        return sum[0] / (double)_batches.Count;
    }

    public void Dispose()
    {
        _batches.Dispose();
        _loss.Dispose();
        _logProbability?.Dispose();
        _rewards?.Dispose();
        _arena.Dispose();
    }

    // (1, rows of all batches), or absent.
    private static Matrix Row(DeviceBuffer<float>? values) => values is null ? Matrix.None : new Matrix(values.Address, 1, (int)values.Length);

    private Matrix OfBatch(Matrix row, int index) => row.IsAbsent ? Matrix.None : row.SliceColumns(index * _batches.Size, _batches.Size);
}
