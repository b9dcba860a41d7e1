using System.Text.Json;
using AutoTower.Autograd.Devices;
using AutoTower.Search.Baselines;
using AutoTower.Search.Data;
using AutoTower.Search.Models;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;

namespace AutoTower.Search.Artefacts;

/// <summary>A finished run of <c>search</c> or <c>train</c>, opened from its folder: its data and its model.</summary>
public sealed class TrainedRun : IDisposable
{
    private readonly IDisposable _owner;

    private TrainedRun(Experiment experiment, ITwoTowerModel model, IDisposable owner)
    {
        Experiment = experiment;
        Model = model;
        _owner = owner;
    }

    /// <summary>The data set, split as in the run.</summary>
    public Experiment Experiment { get; }

    /// <summary>The model with its trained weights and running statistics: of a search, the best retrained one.</summary>
    public ITwoTowerModel Model { get; }

    /// <summary>Opens a run.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="device">Where the model goes.</param>
    /// <param name="dataDirectory">Where the data set's files are now; null for where the run found them.</param>
    /// <exception cref="DataException">The folder holds no finished run, or the data set is not the run's; one sentence says what is missing.</exception>
    public static TrainedRun Open(string folder, Device device, string? dataDirectory = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var configuration = Configuration(folder);
        var baseline = Text("model");
        var architecture = baseline is null ? Architecture.Parse(Read(folder, "architecture.txt", "has no trained model yet: it has").Trim()) : null;
        if (baseline is not null)
        {
            BaselineCatalog.Find(baseline);
        }

        var name = Required(folder, configuration, "data").GetString()!;
        var defaults = new SyntheticOptions();
        var dataset = DatasetPresets.Load(
            name,
            dataDirectory ?? Text("data-dir"),
            new SyntheticOptions
            {
                Users = Integer("users") ?? defaults.Users,
                Items = Integer("items") ?? defaults.Items,
                Interactions = Integer("interactions") ?? defaults.Interactions,
                HistoryLength = Integer("history") ?? defaults.HistoryLength,
            },
            new PreparationOptions
            {
                MinimumUserRecords = Integer("min-user-records"),
                MinimumItemRecords = Integer("min-item-records"),
            });
        var protocol = Enum.Parse<SplitProtocol>(Required(folder, configuration, "split").GetString()!, ignoreCase: true);
        var seed = Required(folder, configuration, "seed").GetUInt64();
        var experiment = new Experiment(device, dataset, protocol, Required(folder, configuration, "embedding-dim").GetInt32(), seed);
        IDisposable? owner = null;
        try
        {
            ITwoTowerModel model;
            if (architecture is null)
            {
                var created = BaselineCatalog.Create(baseline!, experiment.Data, experiment.Shape, seed);
                (owner, model) = (created, created);
            }
            else
            {
                var supernet = experiment.NewModel(SearchSpace.Only(architecture));
                (owner, model) = (supernet, supernet.At(architecture));
            }

            ModelWeights.Load(Path.Combine(folder, "weights.safetensors"), model);
            return new TrainedRun(experiment, model, owner);
        }
        catch
        {
            owner?.Dispose();
            experiment.Dispose();
            throw;
        }

        string? Text(string key) =>
            configuration.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        int? Integer(string key) =>
            configuration.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _owner.Dispose();
        Experiment.Dispose();
    }

    private static JsonElement Configuration(string folder)
    {
        var text = Read(folder, "config.json", "is not a run folder: it has");
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException failure)
        {
            throw new DataException($"{Path.Combine(folder, "config.json")} is no valid JSON: {failure.Message}");
        }
    }

    private static string Read(string folder, string file, string problem)
    {
        var path = Path.Combine(folder, file);
        return File.Exists(path) ? File.ReadAllText(path) : throw new DataException($"{folder} {problem} no {file}.");
    }

    private static JsonElement Required(string folder, JsonElement configuration, string key) =>
        configuration.ValueKind == JsonValueKind.Object && configuration.TryGetProperty(key, out var value)
            ? value
            : throw new DataException($"{Path.Combine(folder, "config.json")} does not say '{key}'.");
}
