using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Optimisers;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Models;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Training;

/// <summary>
/// One optimisation step on one path: batch, item frequencies, both towers, loss, backward, clipping, Adam. Nothing is read back to the
/// host; the step number lives on the device, so that a step's work is the same sequence of launches every time.
/// </summary>
public sealed class TrainingStep : ICheckpointed, IDisposable
{
    private readonly IModel _model;
    private readonly IntegerArray _pool;
    private readonly TrainingOptions _options;
    private readonly ulong _seed;
    // The batch and clock of this step, and of the next, which are made while this one computes.
    private readonly (DeviceBatch Batch, DeviceBuffer<int> Clock)[] _turns;
    private readonly DeviceBuffer<float> _loss;
    private readonly Arena _arena;
    private int _turn;
    private bool _nextIsReady;

    /// <summary>Prepares training of <paramref name="model"/> on the interactions <paramref name="pool"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pool">Interaction indices on the device.</param>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="seed">Seed of the example order and of dropout.</param>
    public TrainingStep(IModel model, IntegerArray pool, TrainingOptions options, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        if (pool.Length < 1)
        {
            throw new ArgumentException("There is no training interaction; a user needs at least two records to give one.", nameof(pool));
        }

        _model = model;
        _pool = pool;
        _options = options;
        _seed = seed;
        var device = model.Device;
        _turns =
        [
            .. Enumerable.Range(0, 2).Select(_ => (
                new DeviceBatch(device, options.BatchSize, model.Data.Dataset.HistoryLength, model.Data.IsWeighted),
                new DeviceBuffer<int>(device, 1, "step clock"))),
        ];
        _loss = new DeviceBuffer<float>(device, 1, "loss");
        _arena = new Arena(device, "training step");
        Optimiser = new Adam(model.Store, options.Adam, options.Lazy);
        Frequencies = new FrequencyEstimator(device, model.Data.Dataset.Items.Count - 1, options.BatchSize, options.FrequencyRate);
    }

    /// <summary>The optimiser's state.</summary>
    public Adam Optimiser { get; }

    /// <summary>The item frequencies learnt so far.</summary>
    public FrequencyEstimator Frequencies { get; }

    /// <summary>Steps that make one pass over the pool; an incomplete last batch is left out.</summary>
    public int StepsPerEpoch => Math.Max(1, _pool.Length / _options.BatchSize);

    /// <summary>Steps taken.</summary>
    public int StepCount { get; private set; }

    /// <summary>The step number on the device.</summary>
    public IntegerArray Clock => new(_turns[_turn].Clock.Address, 1);

    /// <summary>Takes one step.</summary>
    /// <param name="path">The model, or a path through it; parameters off the path do not move.</param>
    public void Run(ITwoTowerModel path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var device = _model.Device;
        var loss = new Matrix(_loss.Address, 1, 1);
        var groups = path.Groups;
        _arena.Reset();
        if (!_nextIsReady)
        {
            PrepareNext();
        }

        _turn = 1 - _turn;
        var batch = _turns[_turn].Batch.Arrays(_options.BatchSize);
        if (Optimiser.IsLazy)
        {
            Optimiser.Prepare(_arena, groups, path.Rows(batch));
        }

        var tape = new Tape(_arena, ForwardMode.Training) { DropoutSeed = _seed, Clock = Clock };
        var logProbability = _arena.NewMatrix(1, _options.BatchSize);
        device.Zero(_loss.Address, _loss.Bytes);
        device.Beside(() => Frequencies.Update(batch.Items, Clock, logProbability));
        path.Loss(tape, batch, new TwoTowerObjective(logProbability, _options.Temperature, _options.Regulariser, loss, batch.Rewards));
        tape.Backward();
        device.Beside(PrepareNext);
        _nextIsReady = true;
        Optimiser.Step(groups);
        StepCount++;
    }

    private void PrepareNext()
    {
        var (batch, clock) = _turns[1 - _turn];
        var next = new IntegerArray(clock.Address, 1);
        _model.Device.Batches.AssembleNext(_model.Data.Interactions, _pool, _seed, Clock, next, batch.Arrays(_options.BatchSize));
    }

    /// <summary>
    /// Lets all rows of embedding tables catch up with the steps taken. Whatever reads the model between two steps calls this first: validation,
    /// ranking, saving of weights. Checkpoints of training do without.
    /// </summary>
    public void CatchUp() => Optimiser.CatchUp();

    /// <summary>Waits for the device and reads the loss of the last step.</summary>
    public float ReadLoss()
    {
        Span<float> loss = stackalloc float[1];
        _model.Device.Download(_loss.Address, loss);
        return loss[0];
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write("steps", StepCount);
        writer.Write("clock", _turns[_turn].Clock);
        writer.Write("loss", _loss);
        Optimiser.Save(writer);
        writer.Write("last seen", Frequencies.LastSeen);
        writer.Write("intervals", Frequencies.Intervals);
    }

    /// <inheritdoc/>
    public void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        StepCount = (int)reader.Integer("steps");
        reader.Read("clock", _turns[_turn].Clock);
        _nextIsReady = false;
        reader.Read("loss", _loss);
        Optimiser.Restore(reader);
        reader.Read("last seen", Frequencies.LastSeen);
        reader.Read("intervals", Frequencies.Intervals);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Optimiser.Dispose();
        Frequencies.Dispose();
        foreach (var (batch, clock) in _turns)
        {
            batch.Dispose();
            clock.Dispose();
        }

        _loss.Dispose();
        _arena.Dispose();
    }
}
