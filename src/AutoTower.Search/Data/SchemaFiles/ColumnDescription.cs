using AutoTower.Search.Data.Features;

namespace AutoTower.Search.Data.SchemaFiles;

/// <summary>A column of a file of features, as a schema file declares it.</summary>
/// <param name="Column">Its name in the file.</param>
/// <param name="Field">Name of the field that it becomes.</param>
/// <param name="Type">One of <see cref="Types"/>.</param>
/// <param name="Separator">Of a multi-category: what stands between two values.</param>
/// <param name="Bins">Of a number: most quantile bins.</param>
internal sealed record ColumnDescription(string Column, string Field, string Type, char Separator, int Bins)
{
    /// <summary>The type of the column that says whose row it is.</summary>
    public const string Id = "id";

    private const string Category = "category";
    private const string MultiCategory = "multi-category";
    private const string Number = "number";
    private const char DefaultSeparator = '|';
    private const int DefaultBins = 20;

    /// <summary>All types.</summary>
    public static readonly string[] Types = [Id, Category, MultiCategory, Number];

    /// <summary>Keys of a column.</summary>
    public static readonly string[] Keys = ["type", "name", "separator", "bins"];

    /// <summary>Reads the declaration of a column: its type, or an object with type and options.</summary>
    /// <param name="columns">The object of all columns.</param>
    /// <param name="column">The column.</param>
    /// <param name="entity">"user" or "item", which names the field of the id.</param>
    public static ColumnDescription Parse(SchemaObject columns, string column, string entity)
    {
        if (columns.IsText(column))
        {
            var type = columns.Choice(column, null, Types);
            return new ColumnDescription(column, type == Id ? entity : column, type, DefaultSeparator, DefaultBins);
        }

        var description = columns.Object(column, Keys) ?? throw columns.Error(column, $"should be a type: {string.Join(", ", Types)}");
        var declared = description.Choice("type", null, Types);
        RefuseUnless(declared == MultiCategory, "separator", MultiCategory);
        RefuseUnless(declared == Number, "bins", Number);
        return new ColumnDescription(
            column,
            description.OptionalText("name") ?? (declared == Id ? entity : column),
            declared,
            description.Separator("separator") ?? DefaultSeparator,
            description.Count("bins", DefaultBins));

        void RefuseUnless(bool allowed, string key, string type)
        {
            if (!allowed && description.Has(key))
            {
                throw description.Error(key, $"belongs to columns of type {type}, not of type {declared}");
            }
        }
    }

    /// <summary>What collects the values of this column.</summary>
    /// <param name="count">Rows of the entity table.</param>
    public FeatureColumn Create(int count) => Type switch
    {
        Category => new CategoryColumn(Field, count),
        MultiCategory => new CategorySetColumn(Field, count, (byte)Separator),
        Number => new NumberColumn(Field, count, Bins),
        _ => throw new InvalidOperationException($"A column of type {Type} is no feature."),
    };
}
