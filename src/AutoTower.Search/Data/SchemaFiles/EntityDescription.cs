namespace AutoTower.Search.Data.SchemaFiles;

/// <summary>The users or the items of a schema file.</summary>
/// <param name="Entity">"user" or "item".</param>
/// <param name="IdField">Name of the id as a field.</param>
/// <param name="File">The file of features; null where there is none.</param>
/// <param name="IdColumn">Its column of ids; null where there is no file.</param>
/// <param name="Features">Its other columns.</param>
/// <param name="TitleColumn">Its column of titles; null where there is none.</param>
internal sealed record EntityDescription(
    string Entity, string IdField, TableFile? File, string? IdColumn, IReadOnlyList<ColumnDescription> Features, string? TitleColumn)
{
    /// <summary>Keys of "users".</summary>
    public static readonly string[] UserKeys = [.. TableFile.Keys, "columns"];

    /// <summary>Keys of "items".</summary>
    public static readonly string[] ItemKeys = [.. UserKeys, "title"];

    /// <summary>Names of all fields, the id first.</summary>
    public IEnumerable<string> Fields => [IdField, .. Features.Select(feature => feature.Field)];

    /// <summary>Reads the key "users" or "items".</summary>
    public static EntityDescription Parse(SchemaObject root, string entity)
    {
        var key = entity + "s";
        if (root.Object(key, entity == "item" ? ItemKeys : UserKeys) is not { } description)
        {
            return new EntityDescription(entity, entity, null, null, [], null);
        }

        var file = TableFile.Parse(description);
        var columns = description.Object("columns", null) ?? throw description.Error("columns", "is missing");
        var parsed = columns.Keys.Select(column => ColumnDescription.Parse(columns, column, entity)).ToList();
        if (parsed.Where(column => column.Type == ColumnDescription.Id).ToList() is not [var id])
        {
            throw root.Error(key, "should have exactly one column of type id");
        }

        if (parsed.GroupBy(column => column.Field).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw root.Error(key, $"has two fields named '{twice.Key}'; give one of them another \"name\"");
        }

        var title = entity == "item" ? description.OptionalText("title") : null;
        return new EntityDescription(entity, id.Field, file, id.Column, [.. parsed.Where(column => column != id)], title);
    }
}
