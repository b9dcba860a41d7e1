using System.Diagnostics;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Random;
using AutoTower.Search.Data;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Training;

namespace AutoTower.Search.Benchmarks.Growth;

/// <summary>
/// How supernet training grows with batch, history, towers and items: synthetic data, a new device and a new supernet for each shape, so
/// that no shape feels the memory of another.
/// </summary>
public sealed class GrowthBenchmark
{
    private readonly Dictionary<GrowthShape, GrowthResult> _results = [];

    /// <summary>Opens a device; the benchmark owns it.</summary>
    public required Func<Device> OpenDevice { get; init; }

    /// <summary>A training step; the batch size is the shape's.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>E.</summary>
    public int EmbeddingDimension { get; init; } = 16;

    /// <summary>Steps of a repetition.</summary>
    public int Steps { get; init; } = 200;

    /// <summary>Steps that are not measured.</summary>
    public int WarmUp { get; init; } = 100;

    /// <summary>Repetitions.</summary>
    public int Repetitions { get; init; } = 5;

    /// <summary>Seed of split, weights and paths.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Measures a shape, or remembers what it measured; what does not work, such as lack of memory, becomes the result's failure.</summary>
    public GrowthResult Measure(GrowthShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (!_results.TryGetValue(shape, out var result))
        {
            result = Try(shape);
            _results.Add(shape, result);
        }

        return result;
    }

    private GrowthResult Try(GrowthShape shape)
    {
        using var device = OpenDevice();
        HostMemory.StartPeak();
        try
        {
            return Measure(shape, device);
        }
        catch (Exception failure) when (failure is DeviceMemoryException or DataException or ArgumentException)
        {
            return new GrowthResult(shape) { Failure = failure.Message };
        }
    }

    private GrowthResult Measure(GrowthShape shape, Device device)
    {
        var watch = Stopwatch.StartNew();
        var dataset = SyntheticData.Generate(shape.Data);
        var dataTime = watch.Elapsed;
        watch.Restart();
        using var experiment = new Experiment(device, dataset, SplitProtocol.Paper, EmbeddingDimension, Seed);
        using var model = experiment.NewModel(SearchSpace.Create(shape.Blocks, shape.Blocks));
        var training = Training with { BatchSize = shape.BatchSize };
        using var step = new TrainingStep(model, experiment.Train, training, Seed);
        device.Synchronize();
        var setUpTime = watch.Elapsed;
        var random = new CounterRandom(Seed, RandomStream.ArchitectureSampling);
        var steps = Timing.Measure("supernet step", "step", Steps, Repetitions, WarmUp, count =>
        {
            for (var i = 0; i < count; i++)
            {
                step.Run(model.At(model.Space.Sample(random)));
            }

            step.ReadLoss();
        });
        return new GrowthResult(shape)
        {
            Steps = steps,
            DataTime = dataTime,
            SetUpTime = setUpTime,
            Parameters = model.Store.Count,
            Fused = FusedWork.Of(model),
            Memory = MemoryUse.Of(device),
        };
    }
}
