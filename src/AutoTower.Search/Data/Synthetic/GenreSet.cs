namespace AutoTower.Search.Data.Synthetic;

/// <summary>Up to four different genres, 1 to 15, in order: four bits each, so that millions of items need no object each.</summary>
internal readonly record struct GenreSet
{
    private const int Bits = 4;
    private const int Mask = (1 << Bits) - 1;
    private readonly ushort packed;

    private GenreSet(ushort packed) => this.packed = packed;

    /// <summary>Number of genres.</summary>
    public int Count => this[0] == 0 ? 0 : this[1] == 0 ? 1 : this[2] == 0 ? 2 : this[3] == 0 ? 3 : 4;

    /// <summary>The genre at a place, 0 where there is none.</summary>
    public int this[int place] => (packed >> (Bits * place)) & Mask;

    /// <summary>The set with <paramref name="genre"/> behind the others, where it is not among them.</summary>
    public GenreSet With(int genre)
    {
        var count = Count;
        for (var place = 0; place < count; place++)
        {
            if (this[place] == genre)
            {
                return this;
            }
        }

        return new GenreSet((ushort)(packed | (genre << (Bits * count))));
    }

    /// <summary>The genres of all entities as a multi-valued field.</summary>
    public static FeatureField Field(string name, int cardinality, ReadOnlySpan<GenreSet> genres)
    {
        var offsets = new int[genres.Length + 1];
        for (var entity = 0; entity < genres.Length; entity++)
        {
            offsets[entity + 1] = offsets[entity] + genres[entity].Count;
        }

        var values = new int[offsets[^1]];
        for (var entity = 0; entity < genres.Length; entity++)
        {
            for (var place = offsets[entity]; place < offsets[entity + 1]; place++)
            {
                values[place] = genres[entity][place - offsets[entity]];
            }
        }

        return new FeatureField(name, cardinality, values, offsets);
    }
}
