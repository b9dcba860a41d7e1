using System.Diagnostics;
using AutoTower.Autograd.Devices;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Training;

/// <summary>One epoch of retraining.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="TrainingLoss">Loss of the epoch's last step.</param>
/// <param name="ValidationLoss">Loss on the validation interactions.</param>
public sealed record EpochRecord(int Epoch, double TrainingLoss, double ValidationLoss);

/// <summary>How a retraining went.</summary>
/// <param name="Architecture">What was trained.</param>
/// <param name="BestEpoch">The epoch whose weights the model has now.</param>
/// <param name="BestValidationLoss">Its validation loss.</param>
/// <param name="Epochs">All epochs.</param>
/// <param name="Duration">Wall-clock time.</param>
public sealed record RetrainingResult(
    Architecture Architecture, int BestEpoch, double BestValidationLoss, IReadOnlyList<EpochRecord> Epochs, TimeSpan Duration);

/// <summary>
/// Trains one architecture from scratch with early stopping on the validation loss (SPEC.md, Loss and training); afterwards the model has
/// the weights and running statistics of its best epoch.
/// </summary>
public sealed class Retrainer(TwoTowerModel model, TrainingStep step, ValidationLoss validation, RetrainingOptions options)
{
    /// <summary>Trains the only path of the model's search space.</summary>
    /// <param name="architecture">That path.</param>
    /// <param name="report">Told loss and speed every 100 steps and at the end of an epoch.</param>
    /// <param name="epochEnd">Called after an epoch with the model in its state; for curves.</param>
    /// <param name="cancellation">Ends training between two steps.</param>
    public RetrainingResult Train(
        Architecture architecture, Action<TrainingProgress>? report, Action<EpochRecord>? epochEnd, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var epochs = new List<EpochRecord>();
        var best = new EpochRecord(0, double.NaN, double.PositiveInfinity);
        var meter = new StepMeter("retrain", options.MaximumEpochs * step.StepsPerEpoch, step, report);
        using var snapshot = new Snapshot(model);
        for (var epoch = 1; epoch <= options.MaximumEpochs && epoch - best.Epoch <= options.Patience; epoch++)
        {
            if (options.TimeLimit is { } limit && watch.Elapsed > limit)
            {
                break;
            }

            if (options.NewOptimiserEachEpoch)
            {
                step.Optimiser.Reset();
            }

            for (var i = 0; i < step.StepsPerEpoch; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                step.Run(architecture);
                meter.Tick(epoch);
            }

            var record = new EpochRecord(epoch, step.ReadLoss(), validation.Compute(architecture));
            epochs.Add(record);
            meter.Report(epoch, record.ValidationLoss);
            epochEnd?.Invoke(record);
            if (record.ValidationLoss < best.ValidationLoss)
            {
                best = record;
                snapshot.Take();
            }
        }

        snapshot.Restore();
        return new RetrainingResult(architecture, best.Epoch, best.ValidationLoss, epochs, watch.Elapsed);
    }

    /// <summary>A copy of a model's weights and running statistics on its device.</summary>
    private sealed class Snapshot(TwoTowerModel model) : IDisposable
    {
        private readonly DeviceBuffer<float> _values = new(model.Device, model.Store.Values.Length, "best weights");
        private readonly DeviceBuffer<float> _buffers = new(model.Device, model.Store.Buffers.Length, "best running statistics");
        private bool _taken;

        public void Take()
        {
            model.Device.Copy(model.Store.Values.Address, _values.Address, _values.Bytes);
            model.Device.Copy(model.Store.Buffers.Address, _buffers.Address, _buffers.Bytes);
            _taken = true;
        }

        public void Restore()
        {
            if (_taken)
            {
                model.Device.Copy(_values.Address, model.Store.Values.Address, _values.Bytes);
                model.Device.Copy(_buffers.Address, model.Store.Buffers.Address, _buffers.Bytes);
            }
        }

        public void Dispose()
        {
            _values.Dispose();
            _buffers.Dispose();
        }
    }
}
