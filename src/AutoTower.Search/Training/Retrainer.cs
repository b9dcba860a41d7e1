using System.Diagnostics;
using AutoTower.Autograd.Devices;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Models;

namespace AutoTower.Search.Training;

/// <summary>
/// Trains one model from scratch with early stopping on the validation loss (SPEC.md, Loss and training); afterwards the model has
/// the weights and running statistics of its best epoch.
/// </summary>
public sealed class Retrainer(ITwoTowerModel model, TrainingStep step, ValidationLoss validation, RetrainingOptions options)
    : ICheckpointed, IDisposable
{
    private static readonly EpochRecord None = new(0, double.NaN, double.PositiveInfinity);
    private readonly List<EpochRecord> _epochs = [];
    private readonly Snapshot _snapshot = new(model);
    private readonly Stopwatch _watch = new();
    private TimeSpan _earlier;

    /// <summary>The epochs so far.</summary>
    public IReadOnlyList<EpochRecord> Epochs => _epochs;

    private EpochRecord Best => _epochs.Aggregate(None, (best, epoch) => epoch.ValidationLoss < best.ValidationLoss ? epoch : best);

    private TimeSpan Elapsed => _earlier + _watch.Elapsed;

    /// <summary>Trains the model, or goes on from a restored state.</summary>
    /// <param name="report">Told loss and speed every 100 steps and at the end of an epoch.</param>
    /// <param name="epochEnd">Called after an epoch with the model in its state; for curves.</param>
    /// <param name="control">Asked between two steps.</param>
    /// <exception cref="OperationCanceledException">The run was asked to stop.</exception>
    public RetrainingResult Train(Action<TrainingProgress>? report, Action<EpochRecord>? epochEnd, RunControl control)
    {
        ArgumentNullException.ThrowIfNull(control);
        _watch.Start();
        var meter = new StepMeter("retrain", (int)Math.Min(int.MaxValue, (long)options.MaximumEpochs * step.StepsPerEpoch), step, report);
        for (var epoch = _epochs.Count + 1; epoch <= options.MaximumEpochs && epoch - Best.Epoch <= options.Patience; epoch++)
        {
            if (step.StepCount == (epoch - 1) * step.StepsPerEpoch)
            {
                if (Elapsed > options.TimeLimit)
                {
                    break;
                }

                if (options.NewOptimiserEachEpoch)
                {
                    step.Optimiser.Reset();
                }
            }

            while (step.StepCount < epoch * step.StepsPerEpoch)
            {
                step.Run(model);
                meter.Tick(epoch);
                control.Between();
            }

            step.CatchUp();
            var record = new EpochRecord(epoch, step.ReadLoss(), validation.Compute());
            _epochs.Add(record);
            meter.Report(epoch, record.ValidationLoss);
            epochEnd?.Invoke(record);
            if (Best == record)
            {
                _snapshot.Take();
            }
        }

        _snapshot.Restore();
        return new RetrainingResult(Best.Epoch, Best.ValidationLoss, [.. _epochs], Elapsed);
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write("step", step);
        EpochRecords.Save(writer, _epochs);
        writer.Write("seconds", Elapsed.TotalSeconds);
        if (_snapshot.Taken)
        {
            writer.Write("best", _snapshot);
        }
    }

    /// <inheritdoc/>
    public void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        reader.Restore("step", step);
        _epochs.AddRange(EpochRecords.Restore(reader));
        _earlier = TimeSpan.FromSeconds(reader.Number("seconds"));
        if (reader.Has("best"))
        {
            reader.Restore("best", _snapshot);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _snapshot.Dispose();

    /// <summary>A copy of a model's weights and running statistics on its device.</summary>
    private sealed class Snapshot(IModel model) : ICheckpointed, IDisposable
    {
        private readonly DeviceBuffer<float> _values = new(model.Device, model.Store.Values.Length, "best weights");
        private readonly DeviceBuffer<float> _buffers = new(model.Device, model.Store.Buffers.Length, "best running statistics");

        public bool Taken { get; private set; }

        public void Take()
        {
            model.Device.Copy(model.Store.Values.Address, _values.Address, _values.Bytes);
            model.Device.Copy(model.Store.Buffers.Address, _buffers.Address, _buffers.Bytes);
            Taken = true;
        }

        public void Restore()
        {
            if (Taken)
            {
                model.Device.Copy(_values.Address, model.Store.Values.Address, _values.Bytes);
                model.Device.Copy(_buffers.Address, model.Store.Buffers.Address, _buffers.Bytes);
            }
        }

        public void Save(CheckpointWriter writer)
        {
            writer.Write("values", _values);
            writer.Write("statistics", _buffers);
        }

        public void Restore(CheckpointReader reader)
        {
            reader.Read("values", _values);
            reader.Read("statistics", _buffers);
            Taken = true;
        }

        public void Dispose()
        {
            _values.Dispose();
            _buffers.Dispose();
        }
    }
}
