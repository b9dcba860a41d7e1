using AutoTower.Search.Artefacts;
using AutoTower.Search.Data;
using AutoTower.Search.Models;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Tests.Training;

namespace AutoTower.Search.Tests.Artefacts;

public sealed class TrainedRunTests : IDisposable
{
    private const string Configuration =
        """{"command": "train", "data": "synthetic", "split": "Paper", "seed": 1, "embedding-dim": 8, "users": 120, "items": 90, "interactions": 4000}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("autotower-run-");
    private readonly SmallWorld _world = new();
    private readonly float[] _saved;

    public TrainedRunTests()
    {
        using var model = new TwoTowerModel(_world.Experiment.Data, SearchSpace.Only(SmallWorld.Mixed), _world.Experiment.Shape, seed: 5);
        _saved = Weights(model);
        ModelWeights.Save(PathOf("weights.safetensors"), model.At(SmallWorld.Mixed));
        File.WriteAllText(PathOf("architecture.txt"), SmallWorld.Mixed + "\n");
        File.WriteAllText(PathOf("config.json"), Configuration);
    }

    public void Dispose()
    {
        _world.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void A_run_is_opened_with_its_data_architecture_and_weights()
    {
        using var run = TrainedRun.Open(_folder.FullName, _world.Device);
        Assert.Equal(SmallWorld.Mixed, run.Model.Architecture);
        Assert.Equal(_world.Experiment.Split.Test, run.Experiment.Split.Test);
        Assert.Equal(8, run.Experiment.Shape.EmbeddingDimension);
        Assert.Equal(_saved, Weights(run.Model));
    }

    [Theory]
    [InlineData("config.json", "is not a run folder: it has no config.json")]
    [InlineData("architecture.txt", "has no trained model yet: it has no architecture.txt")]
    [InlineData("weights.safetensors", "weights.safetensors can't be read")]
    public void What_is_missing_is_named(string file, string expected)
    {
        File.Delete(PathOf(file));
        AssertFails(expected);
    }

    [Theory]
    [InlineData("\"seed\": 1, ", "", "does not say 'seed'")]
    [InlineData("\"items\": 90", "\"items\": 91", "tensor item_embeddings.0.weight has shape [91, 8], expected [92, 8]")]
    [InlineData("{", "", "is no valid JSON")]
    public void What_does_not_fit_is_named(string from, string to, string expected)
    {
        File.WriteAllText(PathOf("config.json"), Configuration.Replace(from, to, StringComparison.Ordinal));
        AssertFails(expected);
    }

    private static float[] Weights(IModel model) => [.. ModelWeights.Download(model).SelectMany(tensor => tensor.Values)];

    private void AssertFails(string expected) => Assert.Contains(
        expected, Assert.Throws<DataException>(() => TrainedRun.Open(_folder.FullName, _world.Device)).Message, StringComparison.Ordinal);

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);
}
