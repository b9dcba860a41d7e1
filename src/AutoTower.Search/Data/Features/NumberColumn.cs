using AutoTower.Search.Data.Tables;

namespace AutoTower.Search.Data.Features;

/// <summary>A number in quantile bins (<see cref="QuantileBins"/>); an entity without one has the value 0, unknown.</summary>
/// <param name="name">Name of the field.</param>
/// <param name="count">Rows of the entity table, padding included.</param>
/// <param name="bins">Most bins.</param>
internal class NumberColumn(string name, int count, int bins) : FeatureColumn(name)
{
    private readonly double?[] _values = new double?[count];

    /// <inheritdoc/>
    public override void Set(int entity, TableReader table, int column) => _values[entity] = Parse(table, column);

    /// <inheritdoc/>
    public override FeatureField Build()
    {
        var quantiles = new QuantileBins(_values.Where(value => value is not null).Select(value => value!.Value), bins);
        return new FeatureField(Name, quantiles.Count + 1, Array.ConvertAll(_values, value => value is { } known ? quantiles.Of(known) : 0));
    }

    /// <summary>The number in the current row, null where there is none.</summary>
    protected virtual double? Parse(TableReader table, int column) => table.Number(column);
}
