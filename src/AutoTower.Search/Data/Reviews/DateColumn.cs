using AutoTower.Search.Data.Features;
using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Tables;

namespace AutoTower.Search.Data.Reviews;

/// <summary>A date in quantile bins.</summary>
internal sealed class DateColumn(string name, int count, int bins) : NumberColumn(name, count, bins)
{
    /// <inheritdoc/>
    protected override double? Parse(TableReader table, int column)
    {
        var text = table.Field(column);
        if (text.IsEmpty)
        {
            return null;
        }

        return IsoTime.TryParse(text, out var seconds) ? seconds : throw table.Error($"'{SourceFile.Quote(text)}' is not a date such as 2024-05-31");
    }
}
