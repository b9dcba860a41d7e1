namespace AutoTower.Search.Data.Parsing;

/// <summary>Starts a field whose values are collected entity by entity; padding row 0 is there from the start.</summary>
internal static class FieldBuilder
{
    /// <summary>The id itself as a field: entity e has value e.</summary>
    public static FeatureField Identity(string name, int count) => new(name, count, [.. Enumerable.Range(0, count)]);

    /// <summary>Values of a single-valued field, with padding row 0 filled in.</summary>
    public static List<int> Single() => [0];

    /// <summary>Values of a multi-valued field, with padding row 0 filled in.</summary>
    public static SetBuilder Sets() => new();

    /// <summary>Values of a multi-valued field.</summary>
    internal sealed class SetBuilder
    {
        private readonly List<int> values = [];
        private readonly List<int> offsets = [0, 0];

        /// <summary>Adds a value to the entity that <see cref="EndEntity"/> ends next.</summary>
        public void Add(int value) => values.Add(value);

        /// <summary>Ends the values of an entity.</summary>
        public void EndEntity() => offsets.Add(values.Count);

        /// <summary>The field.</summary>
        public FeatureField Build(string name, int cardinality) => new(name, cardinality, [.. values], [.. offsets]);
    }
}
