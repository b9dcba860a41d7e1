using System.Globalization;
using AutoTower.Autograd.Devices.Cpu;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Data;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Training;

namespace AutoTower.Cli.Tests;

/// <summary>The folder of a finished run on a small synthetic data set, removed at the end.</summary>
internal sealed class FinishedRunFolder : IDisposable
{
    private static readonly SyntheticOptions Data = new() { Users = 60, Items = 40, Interactions = 1500 };

    public FinishedRunFolder()
    {
        Path = Directory.CreateTempSubdirectory("autotower-run-").FullName;
        var architecture = Architecture.Parse("pooling=average; user=mlp-16; item=mlp-16");
        using var device = new CpuDevice(1);
        Dataset = DatasetPresets.Load("synthetic", null, Data);
        using var experiment = new Experiment(device, Dataset, SplitProtocol.Paper, embeddingDimension: 4, seed: 9);
        var (model, _) = experiment.TrainFromScratch(
            architecture, new TrainingOptions { BatchSize = 64 }, new RetrainingOptions { MaximumEpochs = 1 }, new ObserverGroup(), CancellationToken.None);
        using (model)
        {
            ModelWeights.Save(File("weights.safetensors"), model.At(architecture));
        }

        System.IO.File.WriteAllText(File("architecture.txt"), architecture.ToString());
        System.IO.File.WriteAllText(File("config.json"), string.Create(CultureInfo.InvariantCulture, $$"""
            {"command": "train", "data": "synthetic", "users": {{Data.Users}}, "items": {{Data.Items}}, "interactions": {{Data.Interactions}},
             "seed": 9, "split": "paper", "embedding-dim": 4}
            """));
    }

    public Dataset Dataset { get; }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
