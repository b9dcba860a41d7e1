using System.Numerics;
using AutoTower.Autograd;
using AutoTower.Autograd.Operations;
using AutoTower.Autograd.Parameters;
using AutoTower.Autograd.Random;
using AutoTower.Search.Cost;
using AutoTower.Search.Space;
using AutoTower.Search.Tests.Cost;
using AutoTower.Search.Tests.Training;
using CsCheck;

namespace AutoTower.Search.Tests.Space;

public sealed class SearchSpaceTests
{
    [Fact]
    public void The_first_position_has_11_types_and_every_later_one_16()
    {
        var space = SearchSpace.Create(5, 7);
        Assert.Equal([11, 16, 16, 16, 16], space.UserChoices.Select(choices => choices.Count));
        Assert.Equal([11, 16, 16, 16, 16, 16, 16], space.ItemChoices.Select(choices => choices.Count));
        Assert.Equal(["sum", "average", "self-attentive", "self-attention"], space.Poolings.Select(type => type.Name));
        Assert.DoesNotContain(space.UserChoices[0], type => type.Name.StartsWith("ew-", StringComparison.Ordinal));
        Assert.Equal(
            "mlp-16 mlp-32 mlp-64 mlp-128 mlp-256 mlp-512 mlp-1024 ew-sum ew-avg ew-ip ew-max ew-min sa-1 sa-2 sa-3 sa-4",
            string.Join(' ', BlockRegistry.Paper.Select(type => type.Name)));
        Assert.Equal(4 * BigInteger.Pow(11, 2) * BigInteger.Pow(16, 10), space.Size);
    }

    [Theory]
    [InlineData(2, 5)]
    [InlineData(5, 8)]
    [InlineData(0, 5)]
    public void Towers_have_3_to_7_blocks(int user, int item)
    {
        var failure = Assert.Throws<ArgumentOutOfRangeException>(() => SearchSpace.Create(user, item));
        Assert.StartsWith($"A tower has 3 to 7 choice blocks, not {(user is < 3 or > 7 ? user : item)}.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_lie_in_the_space_and_reach_every_choice() => Gen.Select(Gen.Int[3, 7], Gen.Int[3, 7], Gen.ULong).Sample(
        (user, item, seed) =>
        {
            var space = SearchSpace.Create(user, item);
            var random = new CounterRandom(seed, RandomStream.ArchitectureSampling);
            var samples = Enumerable.Range(0, 400).Select(_ => space.Sample(random)).ToList();
            Assert.All(samples, sample => Assert.True(space.Contains(sample)));
            // A type of 16 is missing among 400 uniform draws with a probability of 6e-12.
            Assert.Equal(16, samples.Select(sample => sample.User[^1]).Distinct().Count());
            Assert.Equal(11, samples.Select(sample => sample.Item[0]).Distinct().Count());
            Assert.Equal(4, samples.Select(sample => sample.Pooling).Distinct().Count());
        },
        iter: 20);

    [Fact]
    public void Architectures_of_other_spaces_are_not_contained()
    {
        var space = SearchSpace.Create(3, 3);
        Assert.True(space.Contains(Architecture.Parse("pooling=sum; user=mlp-16,ew-sum,sa-1; item=mlp-16,ew-sum,sa-1")));
        Assert.False(space.Contains(Architecture.Parse("pooling=sum; user=mlp-16,ew-sum,sa-1,sa-1; item=mlp-16,ew-sum,sa-1")));
        Assert.False(space.Contains(Architecture.Parse("pooling=sum; user=mlp-16,senet,sa-1; item=mlp-16,ew-sum,sa-1")));
    }

    /// <summary>All that a new block type takes is one class and one call.</summary>
    [Fact]
    public void A_registered_type_takes_part_in_parsing_cost_search_and_training()
    {
        BlockRegistry.Register(new PlainBlockType());
        Assert.Throws<ArgumentException>(() => BlockRegistry.Register(new PlainBlockType()));
        Assert.Contains(BlockRegistry.All, type => type.Name == "test-plain");
        Assert.Equal(16, BlockRegistry.Paper.Count);

        var architecture = Architecture.Parse("pooling=sum; user=test-plain,mlp-16,test-plain; item=mlp-16,test-plain,mlp-16");
        var cost = CostModel.Of(architecture, PaperTables.Shape("ml-1m"), CostConvention.Paper);
        Assert.Equal("blocks.0.test-plain", cost.User.Parts[2].Name);
        Assert.Equal(new Complexity((65 * 64) + 128, (64 * 64) + 64), cost.User.Parts[2].Complexity);

        var space = SearchSpace.Create(3, 3, [.. BlockRegistry.Paper, BlockRegistry.Find("test-plain")]);
        Assert.Equal(12, space.UserChoices[0].Count);
        Assert.True(space.Contains(architecture));

        using var world = new SmallWorld();
        var losses = world.Losses(architecture, 60);
        Assert.True(losses[^5..].Average() < losses[..5].Average() - 0.1, $"{losses[0]} -> {losses[^1]}");
    }

    /// <summary>A linear layer over the concatenation.</summary>
    private sealed class PlainBlockType : BlockType
    {
        public override string Name => "test-plain";

        public override Complexity Cost(BlockShape shape) => LinearCost(shape.ConcatenatedWidth, shape.OutputWidth);

        public override IBlock Build(ParameterGroup group, BlockShape shape) =>
            new Block(group.AddLinear("output", shape.ConcatenatedWidth, shape.OutputWidth));

        private sealed class Block(LinearLayer output) : IBlock
        {
            public void Forward(Tape tape, Tensor inputs, Tensor result) => tape.Linear(inputs, output, result);
        }
    }
}
