using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Optimisers;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Strategies.Proximal;

/// <summary>
/// NASP's step on the architecture weights: the gradient of the validation loss is taken at the discrete architecture, the continuous
/// weights move by it, and are clipped to [0, 1] (Yao et al. 2020, Algorithm 2, steps 3 and 4).
/// </summary>
internal sealed class ArchitectureStep : ICheckpointed, IDisposable
{
    private const ulong BatchSeedOffset = 2;
    private readonly TwoTowerModel _model;
    private readonly TrainingStep _step;
    private readonly IntegerArray _pool;
    private readonly TrainingOptions _options;
    private readonly GeneCode _genes;
    private readonly ArchitectureWeights _weights;
    private readonly ulong _seed;
    private readonly ParameterStore _store = new();
    private readonly Parameter _parameter;
    private readonly Adam _optimiser;
    private readonly DeviceBatch _batch;
    private readonly DeviceBuffer<int> _clock;
    private readonly DeviceBuffer<int> _scratch;
    private readonly DeviceBuffer<float> _discrete;
    private readonly DeviceBuffer<float> _ones;
    private readonly DeviceBuffer<float> _loss;
    private readonly Arena _arena;

    /// <summary>Prepares steps on the interactions <paramref name="pool"/>.</summary>
    public ArchitectureStep(
        TwoTowerModel model,
        TrainingStep step,
        IntegerArray pool,
        TrainingOptions training,
        ProximalOptions options,
        ArchitectureWeights weights,
        ulong seed)
    {
        _model = model;
        _step = step;
        _pool = pool;
        _options = training with { BatchSize = Math.Min(training.BatchSize, pool.Length) };
        _genes = new GeneCode(model.Space);
        _weights = weights;
        _seed = seed + BatchSeedOffset;
        var device = model.Device;
        _parameter = _store.AddGroup("architecture").AddMatrix("weights", weights.Values.Length, 1, new Initialiser.Constant(0));
        _store.Allocate(device, seed);
        _optimiser = new Adam(_store, new AdamSettings(options.LearningRate) { WeightDecay = 0, MaximumNorm = 0 });
        _batch = new DeviceBatch(device, _options.BatchSize, model.Shape.HistoryLength, model.Data.IsWeighted);
        _clock = new DeviceBuffer<int>(device, 1, "architecture clock");
        _scratch = new DeviceBuffer<int>(device, step.Frequencies.LastSeen.Length, "architecture scratch");
        _discrete = new DeviceBuffer<float>(device, weights.Values.Length, "discrete architecture");
        var ones = new float[_options.BatchSize];
        Array.Fill(ones, 1f);
        _ones = new DeviceBuffer<float>(device, ones, "ones");
        _loss = new DeviceBuffer<float>(device, 1, "architecture loss");
        _arena = new Arena(device, "architecture step");
    }

    /// <summary>Moves the weights by the gradient at the architecture <paramref name="choices"/>. Waits for the device.</summary>
    public void Run(int[] choices)
    {
        var device = _model.Device;
        Differentiate(AsGates(choices), _genes.Decode(choices)).Backward();
        // Of what flowed back, only the architecture's gradient is wanted.
        _step.Optimiser.DiscardGradients();
        device.Upload<float>(_weights.Values, _parameter.Tensor.Value.Address);
        _optimiser.Step(_store.Groups);
        device.Download(_parameter.Tensor.Value.Address, _weights.Values.AsSpan());
        ProximalOperator.Box(_weights.Values);
    }

    /// <summary>
    /// Runs the forward pass on the next validation batch. The tape's backward pass adds dL/da to <see cref="Gradient"/>, and other gradients
    /// to the model's.
    /// </summary>
    /// <param name="gates">a: one weight a choice; 1 for the choices of <paramref name="path"/> and else 0, but for tests of the gradient.</param>
    /// <param name="path">The architecture whose operations pass gradients on.</param>
    internal Tape Differentiate(ReadOnlySpan<float> gates, Architecture path)
    {
        var device = _model.Device;
        var size = _options.BatchSize;
        var clock = new IntegerArray(_clock.Address, 1);
        _arena.Reset();
        device.Zero(_loss.Address, _loss.Bytes);
        var batch = _batch.Arrays(size);
        device.Batches.Advance(clock);
        device.Batches.AssembleShuffled(_model.Data.Interactions, _pool, _seed, clock, batch);
        if (_step.Optimiser.IsLazy)
        {
            _step.Optimiser.Prepare(_arena, _model.Path(path), _model.Rows(batch));
        }

        var tape = new Tape(_arena, ForwardMode.Training) { DropoutSeed = _seed, Clock = clock };
        var logProbability = _arena.NewMatrix(1, size);
        _step.Frequencies.LookUp(batch.Items, clock, _scratch, logProbability);
        var mixed = Mixed(tape, gates);
        var users = _model.Users(tape, path, batch, mixed).Representation;
        var items = _model.Items(tape, path, batch.Items, mixed).Representation;
        tape.BatchSoftmax(users, items, logProbability, batch.Rewards, _options.Temperature, new Matrix(_loss.Address, 1, 1));
        return tape;
    }

    /// <summary>The loss of the last forward pass. Waits for the device.</summary>
    internal float ReadLoss() => _loss.DownloadToHost()[0];

    /// <summary>dL/da, one value a choice. Waits for the device.</summary>
    internal float[] Gradient() => _store.Gradients.DownloadToHost()[.._weights.Values.Length];

    /// <summary>1 for the choices of an architecture, else 0.</summary>
    internal float[] AsGates(ReadOnlySpan<int> choices)
    {
        var gates = new float[_weights.Values.Length];
        var first = 0;
        for (var gene = 0; gene < choices.Length; gene++)
        {
            gates[first + choices[gene]] = 1;
            first += _genes.Choices[gene];
        }

        return gates;
    }

    public void Save(CheckpointWriter writer)
    {
        writer.Write("clock", _clock);
        _optimiser.Save(writer);
    }

    public void Restore(CheckpointReader reader)
    {
        reader.Read("clock", _clock);
        _optimiser.Restore(reader);
    }

    public void Dispose()
    {
        _optimiser.Dispose();
        _store.Dispose();
        _batch.Dispose();
        _clock.Dispose();
        _scratch.Dispose();
        _discrete.Dispose();
        _ones.Dispose();
        _loss.Dispose();
        _arena.Dispose();
    }

    // (B, choices): the weights in every row, by a product with a column of ones, whose backward pass adds up the rows' gradients.
    private ArchitectureGates Mixed(Tape tape, ReadOnlySpan<float> gates)
    {
        _discrete.Upload(gates);
        var ones = new Tensor(new Matrix(_ones.Address, (int)_ones.Length, 1), Matrix.None);
        var discrete = new Tensor(new Matrix(_discrete.Address, gates.Length, 1), _parameter.Tensor.Gradient);
        var rows = tape.NewTensor(ones.Rows, gates.Length);
        tape.Linear(ones, discrete, Tensor.None, rows);
        var slices = new List<Tensor>();
        var first = 0;
        foreach (var count in _genes.Choices)
        {
            slices.Add(rows.SliceColumns(first, count));
            first += count;
        }

        var userBlocks = _model.Space.UserChoices.Count;
        return new ArchitectureGates(slices[0], slices[1..(1 + userBlocks)], slices[(1 + userBlocks)..]);
    }
}
