using AutoTower.Search.Space.Poolings;

namespace AutoTower.Search.Space;

/// <summary>The poolings that architectures may name. New ones join by <see cref="Register"/>.</summary>
public static class PoolingRegistry
{
    private static readonly NamedRegistry<PoolingType> Types = Create();

    /// <summary>The paper's four poolings.</summary>
    public static IReadOnlyList<PoolingType> Paper { get; } = [.. Types.All.Take(4)];

    /// <summary>All registered poolings.</summary>
    public static IReadOnlyList<PoolingType> All => Types.All;

    /// <summary>Adds a pooling.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public static void Register(PoolingType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        Types.Add(type);
    }

    /// <summary>The pooling named <paramref name="name"/>.</summary>
    /// <exception cref="ArgumentException">There is none; the message names the nearest ones.</exception>
    public static PoolingType Find(string name) => Types.Find(name);

    private static NamedRegistry<PoolingType> Create()
    {
        var types = new NamedRegistry<PoolingType>("pooling", type => type.Name);
        types.Add(new SumPoolingType(average: false));
        types.Add(new SumPoolingType(average: true));
        types.Add(new SelfAttentivePoolingType());
        types.Add(new SelfAttentionPoolingType());
        return types;
    }
}
