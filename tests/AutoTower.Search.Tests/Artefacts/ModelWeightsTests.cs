using AutoTower.Search.Artefacts;
using AutoTower.Search.Data;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Tests.Training;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Artefacts;

public sealed class ModelWeightsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("autotower-weights-");

    private string Path => System.IO.Path.Combine(_folder.FullName, "weights.safetensors");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Names_are_framework_neutral_and_weights_lie_out_by_in()
    {
        using var world = new SmallWorld();
        using var model = Model(world, SmallWorld.Mixed, seed: 1);
        ModelWeights.Save(Path, model.At(SmallWorld.Mixed));
        var tensors = SafeTensors.Read(Path);
        Assert.Equal([32, 64], tensors["user_tower.blocks.0.mlp-32.hidden.weight"].Shape);
        Assert.Equal([64, 32], tensors["user_tower.blocks.0.mlp-32.output.weight"].Shape);
        Assert.Equal([24], tensors["pooling.self-attention.query.bias"].Shape);
        Assert.Equal([24, 24], tensors["pooling.self-attention.key.weight"].Shape);
        Assert.Equal([20, 24], tensors["pooling.self-attention.position"].Shape);
        Assert.Equal([121, 8], tensors["user_embeddings.0.weight"].Shape);
        Assert.Equal([91, 8], tensors["item_embeddings.0.weight"].Shape);
        Assert.Equal([64, 48], tensors["user_tower.alignment.weight"].Shape);
        Assert.Equal([64], tensors["user_tower.blocks.0.mlp-32.norm.running_mean"].Shape);
        Assert.DoesNotContain(tensors.Keys, name => name.StartsWith("user_tower.blocks.2.sa-2.norm", StringComparison.Ordinal));
    }

    [Fact]
    public void A_loaded_model_is_the_saved_one()
    {
        using var world = new SmallWorld();
        using var saved = Model(world, SmallWorld.Mixed, seed: 1);
        using var step = new TrainingStep(saved, world.Experiment.Train, SmallWorld.Options, 1);
        for (var i = 0; i < 5; i++)
        {
            step.Run(saved.At(SmallWorld.Mixed));
        }

        ModelWeights.Save(Path, saved.At(SmallWorld.Mixed));
        using var loaded = Model(world, SmallWorld.Mixed, seed: 2);
        Assert.NotEqual(saved.Store.Values.DownloadToHost(), loaded.Store.Values.DownloadToHost());
        ModelWeights.Load(Path, loaded);
        Assert.Equal(saved.Store.Values.DownloadToHost(), loaded.Store.Values.DownloadToHost());
        Assert.Equal(saved.Store.Buffers.DownloadToHost(), loaded.Store.Buffers.DownloadToHost());
    }

    [Fact]
    public void Weights_of_another_architecture_are_refused_with_the_tensor_that_differs()
    {
        using var world = new SmallWorld();
        using var saved = Model(world, SmallWorld.Mixed, seed: 1);
        ModelWeights.Save(Path, saved.At(SmallWorld.Mixed));
        using var other = Model(world, Architecture.Parse("pooling=self-attention; user=mlp-64,ew-ip,sa-2; item=sa-1,mlp-16,ew-max"), seed: 1);
        Assert.Equal(
            $"{Path}: tensor user_tower.blocks.0.mlp-64.hidden.weight is missing, expected [64, 64].",
            Assert.Throws<DataException>(() => ModelWeights.Load(Path, other)).Message);

        SafeTensors.Write(Path, [.. SafeTensors.Read(Path).Values.Select(tensor =>
            tensor.Name == "user_embeddings.0.weight" ? new NamedTensor(tensor.Name, [120, 8], tensor.Values[..^8]) : tensor)]);
        Assert.Equal(
            $"{Path}: tensor user_embeddings.0.weight has shape [120, 8], expected [121, 8].",
            Assert.Throws<DataException>(() => ModelWeights.Load(Path, saved)).Message);
    }

    private static TwoTowerModel Model(SmallWorld world, Architecture architecture, ulong seed) =>
        new(world.Experiment.Data, SearchSpace.Only(architecture), world.Experiment.Shape, seed);
}
