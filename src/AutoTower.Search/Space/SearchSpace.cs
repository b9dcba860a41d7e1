using System.Numerics;
using AutoTower.Autograd.Random;

namespace AutoTower.Search.Space;

/// <summary>Which poolings and, at each position of each tower, which block types may be chosen (paper, section 3.2).</summary>
public sealed class SearchSpace
{
    /// <summary>Fewest blocks of a tower.</summary>
    public const int MinimumBlocks = 3;

    /// <summary>Most blocks of a tower.</summary>
    public const int MaximumBlocks = 7;

    private SearchSpace(
        IReadOnlyList<PoolingType> poolings,
        IReadOnlyList<IReadOnlyList<BlockType>> userChoices,
        IReadOnlyList<IReadOnlyList<BlockType>> itemChoices)
    {
        Poolings = poolings;
        UserChoices = userChoices;
        ItemChoices = itemChoices;
    }

    /// <summary>Poolings to choose from.</summary>
    public IReadOnlyList<PoolingType> Poolings { get; }

    /// <summary>Per position of the user tower, the types to choose from.</summary>
    public IReadOnlyList<IReadOnlyList<BlockType>> UserChoices { get; }

    /// <summary>Per position of the item tower, the types to choose from.</summary>
    public IReadOnlyList<IReadOnlyList<BlockType>> ItemChoices { get; }

    /// <summary>Number of architectures.</summary>
    public BigInteger Size => UserChoices.Concat(ItemChoices)
        .Aggregate(new BigInteger(Poolings.Count), (product, choices) => product * choices.Count);

    /// <summary>The space over <paramref name="types"/>; a type stands where it has enough inputs.</summary>
    /// <param name="userBlocks">Blocks of the user tower, 3 to 7.</param>
    /// <param name="itemBlocks">Blocks of the item tower, 3 to 7.</param>
    /// <param name="types">Block types; the paper's 16 where null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A tower has fewer than 3 or more than 7 blocks.</exception>
    public static SearchSpace Create(int userBlocks, int itemBlocks, IReadOnlyList<BlockType>? types = null) =>
        new(PoolingRegistry.Paper, Choices(userBlocks, types ?? BlockRegistry.Paper), Choices(itemBlocks, types ?? BlockRegistry.Paper));

    /// <summary>The space of one architecture.</summary>
    public static SearchSpace Only(Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        return new SearchSpace(
            [architecture.Pooling],
            [.. architecture.User.Select(type => (IReadOnlyList<BlockType>)[type])],
            [.. architecture.Item.Select(type => (IReadOnlyList<BlockType>)[type])]);
    }

    /// <summary>A uniformly random architecture.</summary>
    public Architecture Sample(CounterRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return new Architecture(
            Poolings[random.NextInteger(Poolings.Count)],
            [.. UserChoices.Select(choices => choices[random.NextInteger(choices.Count)])],
            [.. ItemChoices.Select(choices => choices[random.NextInteger(choices.Count)])]);
    }

    /// <summary>True when <paramref name="architecture"/> can be chosen.</summary>
    public bool Contains(Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        return Poolings.Contains(architecture.Pooling)
            && Matches(UserChoices, architecture.User)
            && Matches(ItemChoices, architecture.Item);
    }

    private static bool Matches(IReadOnlyList<IReadOnlyList<BlockType>> choices, IReadOnlyList<BlockType> blocks) =>
        choices.Count == blocks.Count && choices.Zip(blocks).All(pair => pair.First.Contains(pair.Second));

    private static IReadOnlyList<BlockType>[] Choices(int blocks, IReadOnlyList<BlockType> types)
    {
        if (blocks is < MinimumBlocks or > MaximumBlocks)
        {
            throw new ArgumentOutOfRangeException(
                nameof(blocks), $"A tower has {MinimumBlocks} to {MaximumBlocks} choice blocks, not {blocks}.");
        }

        return [.. Enumerable.Range(1, blocks).Select(inputs => (IReadOnlyList<BlockType>)[.. types.Where(type => type.MinimumInputs <= inputs)])];
    }
}
