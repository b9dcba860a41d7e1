using AutoTower.Search.Space;

namespace AutoTower.Search.Strategies;

/// <summary>
/// Architectures as sequences of choices: the pooling, then the blocks of the user tower, then those of the item tower, each as an index
/// into what the search space offers at that place.
/// </summary>
internal sealed class GeneCode(SearchSpace space)
{
    /// <summary>Number of choices of each gene.</summary>
    public IReadOnlyList<int> Choices { get; } =
        [space.Poolings.Count, .. space.UserChoices.Select(types => types.Count), .. space.ItemChoices.Select(types => types.Count)];

    /// <summary>Number of genes.</summary>
    public int Length => Choices.Count;

    /// <summary>The choices that make <paramref name="architecture"/>.</summary>
    public int[] Encode(Architecture architecture) =>
    [
        IndexOf(space.Poolings, architecture.Pooling),
        .. architecture.User.Select((type, position) => IndexOf(space.UserChoices[position], type)),
        .. architecture.Item.Select((type, position) => IndexOf(space.ItemChoices[position], type)),
    ];

    /// <summary>The architecture of <paramref name="choices"/>.</summary>
    public Architecture Decode(ReadOnlySpan<int> choices)
    {
        var user = new BlockType[space.UserChoices.Count];
        var item = new BlockType[space.ItemChoices.Count];
        for (var position = 0; position < user.Length; position++)
        {
            user[position] = space.UserChoices[position][choices[1 + position]];
        }

        for (var position = 0; position < item.Length; position++)
        {
            item[position] = space.ItemChoices[position][choices[1 + user.Length + position]];
        }

        return new Architecture(space.Poolings[choices[0]], user, item);
    }

    private static int IndexOf<T>(IReadOnlyList<T> list, T value)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (EqualityComparer<T>.Default.Equals(list[i], value))
            {
                return i;
            }
        }

        throw new ArgumentException($"{value} is not in the search space.");
    }
}
