namespace AutoTower.Search.Space;

/// <summary>
/// A pooling and the block types of both towers, in order. Written as
/// <c>pooling=self-attention; user=mlp-512,sa-1,sa-4; item=mlp-128,mlp-512,sa-1</c>; two architectures of the same text are equal.
/// </summary>
public sealed class Architecture : IEquatable<Architecture>
{
    private readonly string _text;

    /// <summary>Creates an architecture.</summary>
    /// <exception cref="ArgumentException">A tower is empty, or a block stands where it has too few inputs.</exception>
    public Architecture(PoolingType pooling, IReadOnlyList<BlockType> user, IReadOnlyList<BlockType> item)
    {
        ArgumentNullException.ThrowIfNull(pooling);
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(item);
        Check("user", user);
        Check("item", item);
        Pooling = pooling;
        User = [.. user];
        Item = [.. item];
        _text = $"pooling={pooling.Name}; user={Join(user)}; item={Join(item)}";
    }

    /// <summary>Pooling of the history.</summary>
    public PoolingType Pooling { get; }

    /// <summary>Blocks of the user tower.</summary>
    public IReadOnlyList<BlockType> User { get; }

    /// <summary>Blocks of the item tower.</summary>
    public IReadOnlyList<BlockType> Item { get; }

    /// <summary>Reads the text form; the three parts may come in any order.</summary>
    /// <exception cref="ArgumentException">One sentence that names the part or block that is wrong and what would be right.</exception>
    public static Architecture Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string? pooling = null;
        string? user = null;
        string? item = null;
        foreach (var part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? part : part[..equals].Trim();
            ref var target = ref pooling;
            switch (name)
            {
                case "pooling":
                    break;
                case "user":
                    target = ref user;
                    break;
                case "item":
                    target = ref item;
                    break;
                default:
                    throw new ArgumentException(
                        $"Architecture part '{part}' should be pooling=..., user=... or item=..., as in \"pooling=sum; user=mlp-64,sa-1; item=mlp-64\".");
            }

            if (equals < 0 || target is not null)
            {
                throw new ArgumentException(
                    target is null ? $"Architecture part '{part}' lacks '='." : $"Architecture part '{name}' is given twice.");
            }

            target = part[(equals + 1)..].Trim();
        }

        return new Architecture(
            PoolingRegistry.Find(Required(pooling, "pooling")), Blocks(Required(user, "user")), Blocks(Required(item, "item")));
    }

    /// <inheritdoc/>
    public bool Equals(Architecture? other) => other is not null && _text == other._text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Architecture);

    /// <inheritdoc/>
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => _text;

    private static string Required(string? value, string name) => value
        ?? throw new ArgumentException($"The architecture has no part '{name}=...'; it needs pooling, user and item.");

    private static BlockType[] Blocks(string names) =>
        [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(BlockRegistry.Find)];

    private static void Check(string tower, IReadOnlyList<BlockType> blocks)
    {
        if (blocks.Count == 0)
        {
            throw new ArgumentException($"The {tower} tower has no block; it needs at least one, such as mlp-64.");
        }

        for (var position = 0; position < blocks.Count; position++)
        {
            if (position + 1 < blocks[position].MinimumInputs)
            {
                throw new ArgumentException(
                    $"Block {position + 1} of the {tower} tower is {blocks[position].Name}, which needs {blocks[position].MinimumInputs} inputs, "
                    + $"but {(position == 0 ? "the first block has one" : $"there it has {position + 1}")}.");
            }
        }
    }

    private static string Join(IReadOnlyList<BlockType> blocks) => string.Join(',', blocks.Select(type => type.Name));
}
