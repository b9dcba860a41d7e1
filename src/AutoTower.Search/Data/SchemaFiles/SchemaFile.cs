using System.Text.Json;
using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Preparation;

namespace AutoTower.Search.Data.SchemaFiles;

/// <summary>
/// Somebody's own data as a JSON file describes them: which files hold interactions and features, and what their columns are
/// (docs/data.md, docs/dataset.schema.json).
/// </summary>
internal sealed class SchemaFile
{
    private const int DefaultHistoryLength = 50;

    /// <summary>Keys of the outermost object.</summary>
    public static readonly string[] RootKeys =
        ["$schema", "name", "interactions", "users", "items", "history", "min-user-records", "min-item-records"];

    /// <summary>Keys of "interactions".</summary>
    public static readonly string[] InteractionKeys = [.. TableFile.Keys, "user", "item", "time", "weight"];
    /// <summary>Keys of "history".</summary>
    public static readonly string[] HistoryKeys = ["length", "fields"];

    private readonly SchemaObject _interactions;
    private readonly EntityDescription _users;
    private readonly EntityDescription _items;

    private SchemaFile(string path, SchemaObject root)
    {
        Folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        _interactions = root.Object("interactions", InteractionKeys) ?? throw root.Error("interactions", "is missing");
        Interactions = TableFile.Parse(_interactions);
        _users = EntityDescription.Parse(root, "user");
        _items = EntityDescription.Parse(root, "item");
        Thresholds = new CoreThresholds(root.Count("min-user-records", 1), root.Count("min-item-records", 1));
        var history = root.Object("history", HistoryKeys);
        var fields = history?.Texts("fields") ?? [.. _items.Fields];
        if (fields.FirstOrDefault(field => !_items.Fields.Contains(field)) is { } unknown)
        {
            throw history!.Error(
                "fields", $"has '{unknown}', which is no item field; did you mean '{NearestNames.Of(unknown, _items.Fields, 1)[0]}'?");
        }

        if (fields.Count == 0 || fields.Distinct().Count() < fields.Count)
        {
            throw history!.Error("fields", "should have at least one item field, and each once");
        }

        Schema = new DatasetSchema(
            Name(root, path), [.. _users.Fields], [.. _items.Fields], [.. fields], history?.Count("length", DefaultHistoryLength) ?? DefaultHistoryLength);
    }

    /// <summary>The folder of the schema file, where its files are.</summary>
    public string Folder { get; }

    /// <summary>Fields and history.</summary>
    public DatasetSchema Schema { get; }

    /// <summary>Fewest interactions of a user and of an item.</summary>
    public CoreThresholds Thresholds { get; }

    private TableFile Interactions { get; }

    /// <summary>Reads a schema file.</summary>
    /// <exception cref="DataException">It cannot be read, is no JSON, or has a key or value that it may not have.</exception>
    public static SchemaFile Parse(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(
                SourceFile.ReadAll(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return new SchemaFile(path, new SchemaObject(Path.GetFileName(path), string.Empty, document.RootElement.Clone(), RootKeys));
        }
        catch (JsonException failure)
        {
            throw new DataException($"{path} is no valid JSON: {failure.Message}");
        }
    }

    /// <summary>All files with data.</summary>
    /// <param name="folder">Where they are.</param>
    public IReadOnlyList<string> Files(string folder) =>
        [.. new[] { Interactions, _users.File, _items.File }.Where(file => file is not null).Select(file => file!.In(folder))];

    /// <summary>Reads the data.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="thresholds">Fewest interactions of a user and of an item.</param>
    /// <exception cref="DataException">A file is missing or malformed.</exception>
    public Dataset Read(string folder, CoreThresholds thresholds)
    {
        var (users, items, log) = ReadInteractions(folder).Filter(Schema.Name, thresholds);
        var userTable = ReadFeatures(folder, _users, users, out _);
        var itemTable = ReadFeatures(folder, _items, items, out var titles);
        return new Dataset(
            Schema.Name, userTable, itemTable, log, Schema.HistoryLength, Schema.HistoryFieldIndices(), users.Keys(), items.Keys(), titles);
    }

    private InteractionSource ReadInteractions(string folder)
    {
        var (time, weight) = (_interactions.OptionalText("time"), _interactions.OptionalText("weight"));
        string?[] columns = [_interactions.Text("user"), _interactions.Text("item"), time, weight];
        using var table = Interactions.Open(folder, [.. columns.OfType<string>()]);
        return InteractionSource.Read(table, hasTime: time is not null, hasWeight: weight is not null);
    }

    private static FeatureTable ReadFeatures(string folder, EntityDescription description, EntityIds ids, out string[]? titles)
    {
        titles = null;
        FeatureSource[] sources = [.. description.Features.Select((feature, index) => new FeatureSource(index + 1, feature.Create(ids.Count)))];
        if (description.File is { } file)
        {
            string?[] columns = [description.IdColumn!, .. description.Features.Select(feature => feature.Column), description.TitleColumn];
            using var table = file.Open(folder, [.. columns.OfType<string>()]);
            titles = FeatureSource.Read(ids, table, sources, description.TitleColumn is null ? null : sources.Length + 1);
        }

        return FeatureSource.Table(ids, description.IdField, sources.Select(source => source.Field));
    }

    private static string Name(SchemaObject root, string path)
    {
        var name = root.OptionalText("name") ?? Path.GetFileNameWithoutExtension(path);
        if (DatasetPresets.Names.Contains(name))
        {
            throw root.Error("name", $"'{name}' is that of a preset; give the data set another");
        }

        return name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.')
            ? name
            : throw root.Error("name", $"'{name}' should have letters, digits, '-', '_' and '.' only, as run folders are named after it");
    }
}
