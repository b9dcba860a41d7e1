using System.Text;
using AutoTower.Search.Data.Features;
using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Tables;

namespace AutoTower.Search.Data.Preparation;

/// <summary>A field that is read from a column of a file of features.</summary>
/// <param name="Column">Position among the columns of the table.</param>
/// <param name="Field">Collects its values.</param>
internal sealed record FeatureSource(int Column, FeatureColumn Field)
{
    /// <summary>
    /// Reads a file with one row an entity. Rows of entities without interactions are passed over; entities without a row have unknown values.
    /// </summary>
    /// <param name="ids">The entities.</param>
    /// <param name="table">The file; its column 0 is the id.</param>
    /// <param name="sources">The fields to read.</param>
    /// <param name="titleColumn">Column of the titles, or null where there are none.</param>
    /// <param name="firstRowCounts">A second row of an entity is passed over; otherwise it is an error.</param>
    /// <returns>Titles by dense id, or null.</returns>
    /// <exception cref="DataException">A row is damaged, or an entity has two.</exception>
    public static string[]? Read(
        EntityIds ids, TableReader table, IReadOnlyList<FeatureSource> sources, int? titleColumn = null, bool firstRowCounts = false)
    {
        var seen = new bool[ids.Count];
        var titles = titleColumn is null ? null : Enumerable.Repeat(string.Empty, ids.Count).ToArray();
        while (table.MoveNext())
        {
            var entity = ids.Find(table.Required(0));
            if (entity > 0 && seen[entity])
            {
                if (!firstRowCounts)
                {
                    throw table.Error($"{ids.Entity} '{SourceFile.Quote(table.Field(0))}' stands in an earlier row already");
                }

                continue;
            }

            if (entity == 0)
            {
                continue;
            }

            seen[entity] = true;
            foreach (var source in sources)
            {
                source.Field.Set(entity, table, source.Column);
            }

            if (titles is not null)
            {
                titles[entity] = Encoding.UTF8.GetString(table.Text(titleColumn!.Value));
            }
        }

        return titles;
    }

    /// <summary>The table of the entities: their id, then the fields in order.</summary>
    public static FeatureTable Table(EntityIds ids, string idName, IEnumerable<FeatureColumn> fields) =>
        new(ids.Entity, ids.Count, [FieldBuilder.Identity(idName, ids.Count), .. fields.Select(field => field.Build())]);
}
