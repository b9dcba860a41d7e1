using AutoTower.Autograd.Devices;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Training;

public sealed class TrainingStepTests
{
    [Fact]
    public void The_same_seed_gives_bit_identical_losses_on_any_number_of_threads()
    {
        using var one = new SmallWorld(threads: 1);
        using var two = new SmallWorld(threads: 2);
        using var three = new SmallWorld(threads: 3);
        var expected = one.Losses(SmallWorld.Mixed, 20);
        Assert.Equal(expected, two.Losses(SmallWorld.Mixed, 20));
        Assert.Equal(expected, three.Losses(SmallWorld.Mixed, 20));
        Assert.Equal(expected, one.Losses(SmallWorld.Mixed, 20));
    }

    [Fact]
    public void Another_seed_gives_another_run()
    {
        using var world = new SmallWorld();
        Assert.NotEqual(world.Losses(SmallWorld.Mixed, 3, seed: 1), world.Losses(SmallWorld.Mixed, 3, seed: 2));
    }

    [Theory]
    [InlineData("pooling=sum; user=mlp-64,sa-1,mlp-64; item=mlp-64,sa-1,mlp-64")]
    [InlineData("pooling=self-attentive; user=sa-3,ew-sum,mlp-64; item=mlp-64,ew-avg,sa-4")]
    [InlineData("pooling=self-attention; user=mlp-32,senet,product; item=mlp-32,product,senet")]
    public void One_batch_can_be_learnt_by_heart(string text)
    {
        using var world = new SmallWorld();
        var architecture = Architecture.Parse(text);
        using var model = new TwoTowerModel(world.Experiment.Data, SearchSpace.Only(architecture), world.Experiment.Shape, 1);
        // A pool as large as a batch makes every step see the same interactions, in another order.
        var pool = world.Experiment.Train.Slice(0, 32);
        using var step = new TrainingStep(model, pool, SmallWorld.Options with { BatchSize = 32 }, 1);
        step.Run(model.At(architecture));
        var first = step.ReadLoss();
        for (var i = 0; i < 400; i++)
        {
            step.Run(model.At(architecture));
        }

        // Users and items that occur twice in the batch keep the loss above zero.
        Assert.True(step.ReadLoss() < 0.35 * first, $"{first} -> {step.ReadLoss()}");
    }

    [Fact]
    public void An_architecture_starts_alike_inside_and_outside_a_supernet()
    {
        using var world = new SmallWorld();
        using var supernet = new TwoTowerModel(world.Experiment.Data, SearchSpace.Create(3, 3), world.Experiment.Shape, 1);
        using var step = new TrainingStep(supernet, world.Experiment.Train, SmallWorld.Options, 1);
        step.Run(supernet.At(SmallWorld.Mixed));
        Assert.Equal(world.Losses(SmallWorld.Mixed, 1)[0], step.ReadLoss());
    }

    [Fact]
    public void Gradients_are_zero_between_steps()
    {
        using var world = new SmallWorld();
        using var model = new TwoTowerModel(world.Experiment.Data, SearchSpace.Only(SmallWorld.Mixed), world.Experiment.Shape, 1);
        using var step = new TrainingStep(model, world.Experiment.Train, SmallWorld.Options, 1);
        step.Run(model.At(SmallWorld.Mixed));
        Assert.All(model.Store.Gradients.DownloadToHost(), gradient => Assert.Equal(0f, gradient));
    }

    [Fact]
    public void A_run_gives_back_all_device_memory()
    {
        var world = new SmallWorld();
        world.Losses(SmallWorld.Mixed, 2);
        world.Experiment.Dispose();
        Assert.Equal(0, world.Device.LiveBytes);
        world.Device.Dispose();
    }

    [Fact]
    public void An_empty_training_set_is_refused()
    {
        using var world = new SmallWorld();
        using var model = new TwoTowerModel(world.Experiment.Data, SearchSpace.Only(SmallWorld.Mixed), world.Experiment.Shape, 1);
        var failure = Assert.Throws<ArgumentException>(() => new TrainingStep(model, IntegerArray.None, SmallWorld.Options, 1));
        Assert.StartsWith("There is no training interaction", failure.Message, StringComparison.Ordinal);
    }
}
