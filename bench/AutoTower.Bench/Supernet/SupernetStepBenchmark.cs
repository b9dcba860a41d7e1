using AutoTower.Bench.Torch;
using AutoTower.Search.Space;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace AutoTower.Bench.Supernet;

/// <summary>
/// A supernet step at batch 1,024 with 5 blocks a tower on 2 threads, in AutoTower and in TorchSharp. The rounds alternate between the two,
/// so that other work on the machine meets both.
/// </summary>
[Config(typeof(InProcessRounds))]
[MemoryDiagnoser]
public class SupernetStepBenchmark
{
    private const int Threads = 2;
    private const int StepsOfTheCheck = 30;
    private AutoTowerSupernet _autoTower = null!;
    private TorchSupernet _torch = null!;
    private Architecture[] _paths = null!;

    /// <summary>Only makes the two engines take turns.</summary>
    [Params(1, 2, 3, 4, 5)]
    public int Round { get; set; }

    /// <summary>Makes both supernets and demands that they do the same work and that both learn.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var dataset = BenchmarkWorld.CreateData();
        _paths = BenchmarkWorld.SamplePaths();
        _autoTower = new AutoTowerSupernet(dataset, Threads);
        _torch = new TorchSupernet(dataset, Threads);
        foreach (var path in _paths)
        {
            if (_autoTower.CostOf(path) != _torch.CostOf(path))
            {
                throw new InvalidOperationException($"{path} costs {_autoTower.CostOf(path)} in AutoTower and {_torch.CostOf(path)} in TorchSharp.");
            }
        }

        RequireLearning(_autoTower, nameof(AutoTower));
        RequireLearning(_torch, nameof(TorchSharp));
    }

    [Benchmark(OperationsPerInvoke = BenchmarkWorld.Paths)]
    public float AutoTower() => StepThroughPaths(_autoTower);

    [Benchmark(Baseline = true, OperationsPerInvoke = BenchmarkWorld.Paths)]
    public float TorchSharp() => StepThroughPaths(_torch);

    [GlobalCleanup]
    public void Cleanup()
    {
        _autoTower.Dispose();
        _torch.Dispose();
    }

    private float StepThroughPaths(ISupernet supernet)
    {
        foreach (var path in _paths)
        {
            supernet.Step(path);
        }

        return supernet.ReadLoss();
    }

    /// <summary>In this process, where both engines have been set up and checked together.</summary>
    private sealed class InProcessRounds : ManualConfig
    {
        public InProcessRounds() => AddJob(Job.Default.WithToolchain(new InProcessEmitToolchain(TimeSpan.FromHours(1), logOutput: true)).WithStrategy(RunStrategy.Throughput)
            .WithWarmupCount(2).WithIterationCount(10).WithInvocationCount(1).WithUnrollFactor(1));
    }

    private void RequireLearning(ISupernet supernet, string name)
    {
        // One path, so that losses can be compared.
        var losses = new float[StepsOfTheCheck];
        for (var i = 0; i < losses.Length; i++)
        {
            supernet.Step(_paths[0]);
            losses[i] = supernet.ReadLoss();
        }

        var (early, late) = (losses.Take(5).Average(), losses.TakeLast(5).Average());
        Console.WriteLine($"// {name}: loss {early:F3} -> {late:F3} in {losses.Length} steps");
        if (!(late < early))
        {
            throw new InvalidOperationException($"The loss of {name} does not fall: {early} -> {late}.");
        }
    }
}
