using AutoTower.Autograd;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Autograd.Memory;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training.Measures;

namespace AutoTower.Search.Training;

/// <summary>
/// The fitness of a candidate: with the supernet's weights, batch norm statistics are recomputed for it on training batches, then its
/// towers are evaluated and measured on validation data; by default by the plain batch softmax (SPEC.md). All candidates see the same
/// batches. User and item tower are evaluated apart and combined, since they meet only in the measure.
/// </summary>
public sealed class FitnessEvaluator : IDisposable
{
    private const int StatisticsSeedOffset = 1;
    private readonly TwoTowerModel _model;
    private readonly IFitnessMeasure _measure;
    private readonly FitnessOptions _options;
    private readonly ShuffledBatches _statistics;
    private readonly Arena _arena;
    private readonly TowerVectorCache _userVectors;
    private readonly TowerVectorCache _itemVectors;
    private readonly GroupedTowerPass _grouped;

    /// <summary>Prepares evaluation of paths of <paramref name="model"/> by the plain batch softmax.</summary>
    /// <param name="model">The trained supernet; its running statistics are overwritten.</param>
    /// <param name="train">Training interactions.</param>
    /// <param name="validation">Validation interactions.</param>
    /// <param name="options">Number and size of batches.</param>
    /// <param name="seed">Seed of the batches.</param>
    public FitnessEvaluator(TwoTowerModel model, IntegerArray train, IntegerArray validation, FitnessOptions options, ulong seed)
        : this(model, train, new BatchLossMeasure((model ?? throw new ArgumentNullException(nameof(model))).Data, validation, options, seed), options, seed)
    {
    }

    /// <summary>Prepares evaluation of paths of <paramref name="model"/>.</summary>
    /// <param name="model">The trained supernet; its running statistics are overwritten.</param>
    /// <param name="train">Training interactions.</param>
    /// <param name="measure">What is measured; becomes the evaluator's own.</param>
    /// <param name="options">Number and size of batches.</param>
    /// <param name="seed">Seed of the batches.</param>
    public FitnessEvaluator(TwoTowerModel model, IntegerArray train, IFitnessMeasure measure, FitnessOptions options, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(measure);
        ArgumentNullException.ThrowIfNull(options);
        _model = model;
        _measure = measure;
        _options = options;
        var device = model.Device;
        _statistics = new ShuffledBatches(model.Data, train, options.StatisticsBatches, options.BatchSize, seed + StatisticsSeedOffset);
        _arena = new Arena(device, "fitness");
        _userVectors = new TowerVectorCache(device, measure.Users.Rows, model.Shape.OutputWidth);
        _itemVectors = new TowerVectorCache(device, measure.Items.Rows, model.Shape.OutputWidth);
        _grouped = new GroupedTowerPass(model, options);
    }

    /// <summary>The measure of <paramref name="architecture"/>; lower is better. Waits for the device.</summary>
    public double Evaluate(Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        var fused = _model.Fused(architecture);
        var users = _userVectors.GetOrFill(
            $"{architecture.Pooling.Name};{string.Join(',', architecture.User.Select(type => type.Name))}",
            vectors => Fill(vectors, _measure.Users, fused is null
                ? TowerOf((tape, batch) => _model.Users(tape, architecture, batch).Representation)
                : new TowerPass(
                    fused.User, architecture.Pooling.Name, (tape, batch) => _model.UserInput(tape, architecture.Pooling, batch).Value)));
        var items = _itemVectors.GetOrFill(
            string.Join(',', architecture.Item.Select(type => type.Name)),
            vectors => Fill(vectors, _measure.Items, fused is null
                ? TowerOf((tape, batch) => _model.Items(tape, architecture, batch.Items).Representation)
                : new TowerPass(fused.Item, "items", (tape, batch) => _model.ItemInput(tape, batch.Items).Value)));
        return _measure.Value(users, items);
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
        _statistics.Dispose();
        _measure.Dispose();
        _arena.Dispose();
    }

    private static TowerPass TowerOf(Func<Tape, BatchArrays, Tensor> output) => new(null, string.Empty, output);

    private void Fill(Matrix vectors, EvaluationBatches evaluated, TowerPass tower)
    {
        _model.ResetRunningStatistics();
        if (tower.Path is { } path)
        {
            var inputs = _grouped.GetOrFill(tower.Key, _statistics, evaluated, path.InputWidth, (statistics, inputs) =>
            {
                _statistics.ForEach((index, batch) => CopyOutput(tower, batch, statistics, index));
                evaluated.ForEach((index, batch) => CopyOutput(tower, batch, inputs, index));
            });
            _grouped.Run(path, inputs, vectors);
            return;
        }

        Recalibrate(tower.Run);
        evaluated.ForEach((index, batch) => CopyOutput(tower, batch, vectors, index));
    }

    private void CopyOutput(TowerPass tower, BatchArrays batch, Matrix to, int index)
    {
        _arena.Reset();
        var output = tower.Run(new Tape(_arena, ForwardMode.Inference), batch).Value;
        _model.Device.Elementwise.CopyForward(output, to.SliceRows(index * output.Rows, output.Rows));
    }

    private void Recalibrate(Func<Tape, BatchArrays, Tensor> tower) => _statistics.ForEach((index, batch) =>
    {
        _arena.Reset();
        var momentum = _options.Merging == StatisticsMerging.Cumulative ? 1f / (index + 1) : 0.1f;
        tower(new Tape(_arena, ForwardMode.Recalibration) { BatchNormMomentum = momentum }, batch);
    });

    /// <summary>How one tower's vectors are computed for a batch, or its input where kernels for whole towers do the rest.</summary>
    /// <param name="Path">The path for those kernels, or null.</param>
    /// <param name="Key">What the input depends on beside the batches.</param>
    /// <param name="Run">The tower's output; with a path, its input.</param>
    private sealed record TowerPass(TowerPath? Path, string Key, Func<Tape, BatchArrays, Tensor> Run);
}
