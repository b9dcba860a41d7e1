using AutoTower.Search.Space;
using CsCheck;

namespace AutoTower.Search.Tests.Space;

public sealed class ArchitectureTests
{
    private static readonly Gen<BlockType> First = OneOf([.. BlockRegistry.Paper.Where(type => type.MinimumInputs == 1)]);
    private static readonly Gen<BlockType> Later = OneOf(BlockRegistry.Paper);

    private static readonly Gen<IReadOnlyList<BlockType>> Towers =
        Gen.Select(First, Later.List[0, 6], (first, rest) => (IReadOnlyList<BlockType>)[first, .. rest]);

    private static readonly Gen<Architecture> Architectures = Gen.Select(
        OneOf(PoolingRegistry.Paper), Towers, Towers, (pooling, user, item) => new Architecture(pooling, user, item));

    [Fact]
    public void What_is_written_is_read() => Architectures.Sample(architecture =>
    {
        var read = Architecture.Parse(architecture.ToString());
        Assert.Equal(architecture, read);
        Assert.Equal(architecture.GetHashCode(), read.GetHashCode());
        Assert.Equal(architecture.ToString(), read.ToString());
        Assert.Equal(architecture.User.Select(type => type.Name), read.User.Select(type => type.Name));
        Assert.Equal(architecture.Item.Select(type => type.Name), read.Item.Select(type => type.Name));
    });

    [Fact]
    public void Different_architectures_are_unequal() => Gen.Select(Architectures, Architectures).Sample((a, b) =>
        Assert.Equal(a.ToString() == b.ToString(), a.Equals(b)));

    [Theory]
    [InlineData("item=mlp-64,sa-1;user=mlp-16,ew-sum;pooling=sum")]
    [InlineData("  pooling = sum ;user= mlp-16 , ew-sum; item =mlp-64,sa-1 ;")]
    public void Order_and_spaces_do_not_matter(string text) =>
        Assert.Equal("pooling=sum; user=mlp-16,ew-sum; item=mlp-64,sa-1", Architecture.Parse(text).ToString());

    [Theory]
    [InlineData("", "The architecture has no part 'pooling=...'; it needs pooling, user and item.")]
    [InlineData("pooling=sum; item=mlp-16", "The architecture has no part 'user=...'; it needs pooling, user and item.")]
    [InlineData("pooling=sum; user=mlp-16", "The architecture has no part 'item=...'; it needs pooling, user and item.")]
    [InlineData("pooling=sum; user=mlp-16; item=", "The item tower has no block; it needs at least one, such as mlp-64.")]
    [InlineData("pooling=sum; user=mlp-16; user=mlp-16; item=mlp-16", "Architecture part 'user' is given twice.")]
    [InlineData("pooling; user=mlp-16; item=mlp-16", "Architecture part 'pooling' lacks '='.")]
    [InlineData(
        "poolling=sum; user=mlp-16; item=mlp-16",
        "Architecture part 'poolling=sum' should be pooling=..., user=... or item=..., as in \"pooling=sum; user=mlp-64,sa-1; item=mlp-64\".")]
    [InlineData("pooling=sum; user=ew-sum; item=mlp-16", "Block 1 of the user tower is ew-sum, which needs 2 inputs, but the first block has one.")]
    [InlineData(
        "pooling=self-atention; user=mlp-16; item=mlp-16",
        "There is no pooling named 'self-atention'; the nearest names are self-attention, self-attentive, average.")]
    public void A_text_that_is_no_architecture_is_explained(string text, string message) =>
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => Architecture.Parse(text)).Message);

    [Theory]
    [InlineData("mlp-1025", "mlp-1024")]
    [InlineData("MLP-64", "mlp-64")]
    [InlineData("sa5", "sa-1")]
    [InlineData("ew-prod", "ew-ip")]
    public void An_unknown_block_suggests_near_names(string name, string suggestion)
    {
        var failure = Assert.Throws<ArgumentException>(() => Architecture.Parse($"pooling=sum; user={name}; item=mlp-16"));
        Assert.StartsWith($"There is no block type named '{name}'; the nearest names are ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(suggestion, failure.Message, StringComparison.Ordinal);
    }

    private static Gen<T> OneOf<T>(IReadOnlyList<T> types) => Gen.Int[0, types.Count - 1].Select(index => types[index]);
}
