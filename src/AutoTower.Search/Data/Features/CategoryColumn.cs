using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Tables;

namespace AutoTower.Search.Data.Features;

/// <summary>A category of one value an entity; embedding rows are in order of first occurrence, empty text is unknown.</summary>
/// <param name="name">Name of the field.</param>
/// <param name="count">Rows of the entity table, padding included.</param>
internal sealed class CategoryColumn(string name, int count) : FeatureColumn(name)
{
    private readonly KeyTable _categories = new();
    private readonly int[] _values = new int[count];

    /// <inheritdoc/>
    public override void Set(int entity, TableReader table, int column)
    {
        var category = table.Text(column);
        _values[entity] = category.IsEmpty ? 0 : _categories.Add(category) + 1;
    }

    /// <inheritdoc/>
    public override FeatureField Build() => new(Name, _categories.Count + 1, _values);
}
