using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Supernet;

/// <summary>A supernet over all block types and poolings, trained on <see cref="TinyData"/>.</summary>
internal sealed class SupernetRun : IDisposable
{
    // Not all that are registered, to which other tests add.
    private static readonly BlockType[] s_types = [.. BlockRegistry.Paper, BlockRegistry.Find("senet"), BlockRegistry.Find("product")];

    private readonly CpuDevice _device;
    private readonly DeviceDataset _data;
    private readonly SupernetTrainer _trainer;

    public SupernetRun(ulong seed, int threads)
    {
        _device = new CpuDevice(threads);
        _data = new DeviceDataset(_device, TinyData.Create(60, 40));
        Model = new TwoTowerModel(_data, SearchSpace.Create(4, 3, s_types), TinyData.Shape, seed);
        var pool = _data.Upload([.. Enumerable.Range(0, _data.Dataset.Interactions.Count)], "pool");
        Step = new TrainingStep(Model, pool, new TrainingOptions { BatchSize = 32 }, seed);
        _trainer = new SupernetTrainer(Model, Step, seed);
    }

    public TwoTowerModel Model { get; }

    public TrainingStep Step { get; }

    /// <summary>The losses of <paramref name="steps"/> steps on sampled paths.</summary>
    public float[] Train(int steps) => [.. Enumerable.Range(0, steps).Select(_ =>
    {
        _trainer.Train(Step.StepCount + 1, null, new RunControl(TestContext.Current.CancellationToken));
        return Step.ReadLoss();
    })];

    /// <summary>Weights and both moments, each in the order of the store.</summary>
    public float[][] Slabs() =>
    [
        Model.Store.Values.DownloadToHost(),
        Step.Optimiser.FirstMoments.DownloadToHost(),
        Step.Optimiser.SecondMoments.DownloadToHost(),
    ];

    /// <summary>All that a step changes: weights, moments, running statistics.</summary>
    public float[] State() => [.. Slabs().SelectMany(slab => slab), .. Model.Store.Buffers.DownloadToHost()];

    public void Dispose()
    {
        Step.Dispose();
        Model.Dispose();
        _data.Dispose();
        _device.Dispose();
    }
}
