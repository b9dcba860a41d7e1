using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Tables;

namespace AutoTower.Search.Data.Features;

/// <summary>
/// A category of several values an entity, separated in its text; each counts once, in order of first occurrence, and empty ones not at all.
/// </summary>
/// <param name="name">Name of the field.</param>
/// <param name="count">Rows of the entity table, padding included.</param>
/// <param name="separator">What stands between two values; lists need none.</param>
internal sealed class CategorySetColumn(string name, int count, byte separator) : FeatureColumn(name)
{
    private readonly KeyTable _categories = new();
    private readonly int[]?[] _values = new int[count][];

    /// <inheritdoc/>
    public override void Set(int entity, TableReader table, int column)
    {
        var text = table.Elements(column);
        var values = new List<int>();
        foreach (var range in text.Split(table.IsList(column) ? TableReader.ListSeparator : separator))
        {
            var category = text[range].Trim((byte)' ');
            if (!category.IsEmpty && _categories.Add(category) + 1 is var value && !values.Contains(value))
            {
                values.Add(value);
            }
        }

        _values[entity] = [.. values];
    }

    /// <inheritdoc/>
    public override FeatureField Build()
    {
        var sets = FieldBuilder.Sets();
        foreach (var values in _values.Skip(1))
        {
            foreach (var value in values ?? [])
            {
                sets.Add(value);
            }

            sets.EndEntity();
        }

        return sets.Build(Name, _categories.Count + 1);
    }
}
