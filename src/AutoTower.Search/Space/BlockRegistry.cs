using AutoTower.Autograd.Devices.Kernels;
using AutoTower.Search.Space.Blocks;

namespace AutoTower.Search.Space;

/// <summary>The block types that architectures may name. New ones join by <see cref="Register"/>.</summary>
public static class BlockRegistry
{
    private static readonly NamedRegistry<BlockType> Types = Create();

    /// <summary>The 16 types of the paper's Table 1: seven MLPs, five element-wise reductions, four self-attentions.</summary>
    public static IReadOnlyList<BlockType> Paper { get; } = [.. Types.All.Take(16)];

    /// <summary>All registered types: the paper's, <c>senet</c>, <c>product</c>, and those registered since.</summary>
    public static IReadOnlyList<BlockType> All => Types.All;

    /// <summary>Adds a type.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public static void Register(BlockType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        Types.Add(type);
    }

    /// <summary>The type named <paramref name="name"/>.</summary>
    /// <exception cref="ArgumentException">There is none; the message names the nearest ones.</exception>
    public static BlockType Find(string name) => Types.Find(name);

    private static NamedRegistry<BlockType> Create()
    {
        var types = new NamedRegistry<BlockType>("block type", type => type.Name);
        foreach (var hidden in new[] { 16, 32, 64, 128, 256, 512, 1024 })
        {
            types.Add(new MlpBlockType(hidden));
        }

        foreach (var reduction in Enum.GetValues<Reduction>())
        {
            types.Add(new ElementwiseBlockType(reduction));
        }

        for (var heads = 1; heads <= 4; heads++)
        {
            types.Add(new SelfAttentionBlockType(heads));
        }

        types.Add(new SenetBlockType());
        types.Add(new ProductBlockType());
        return types;
    }
}
