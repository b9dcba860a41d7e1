using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Search.Data;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Training;

/// <summary>A synthetic experiment of a few thousand interactions on the CPU device.</summary>
internal sealed class SmallWorld : IDisposable
{
    public static readonly Architecture Mixed =
        Architecture.Parse("pooling=self-attention; user=mlp-32,ew-ip,sa-2; item=sa-1,mlp-16,ew-max");

    public SmallWorld(int threads = 2, int interactions = 4000)
    {
        Device = new CpuDevice(threads);
        var dataset = DatasetPresets.Load("synthetic", null, new SyntheticOptions { Users = 120, Items = 90, Interactions = interactions });
        Experiment = new Experiment(Device, dataset, SplitProtocol.Paper, embeddingDimension: 8, seed: 1);
        DataBytes = Device.LiveBytes;
    }

    public static TrainingOptions Options { get; } = new() { BatchSize = 64 };

    public CpuDevice Device { get; }

    public Experiment Experiment { get; }

    /// <summary>Device memory that the data set alone takes.</summary>
    public long DataBytes { get; }

    /// <summary>Losses of <paramref name="steps"/> steps of one architecture from scratch.</summary>
    public float[] Losses(Architecture architecture, int steps, ulong seed = 1)
    {
        using var model = new TwoTowerModel(Experiment.Data, SearchSpace.Only(architecture), Experiment.Shape, seed);
        using var step = new TrainingStep(model, Experiment.Train, Options, seed);
        return [.. Enumerable.Range(0, steps).Select(_ =>
        {
            step.Run(model.At(architecture));
            return step.ReadLoss();
        })];
    }

    public void Dispose()
    {
        Experiment.Dispose();
        Device.Dispose();
    }
}
