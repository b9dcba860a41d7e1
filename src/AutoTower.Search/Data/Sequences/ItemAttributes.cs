using System.Text.Json;
using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Data.Sequences;

/// <summary>
/// Reader of attribute files: a JSON object from item to a list of attribute ids, which name nothing beyond themselves. An id that an item
/// has several times counts once, where it stands first; items outside the sequences are left out.
/// </summary>
internal static class ItemAttributes
{
    /// <summary>The attributes as a multi-valued field: embedding rows in ascending order of the ids that occur.</summary>
    /// <param name="path">The file.</param>
    /// <param name="field">Name of the field.</param>
    /// <param name="items">Raw item id to dense id, 1 and up.</param>
    /// <exception cref="DataException">The file is missing or malformed.</exception>
    public static FeatureField Read(string path, string field, IReadOnlyDictionary<long, int> items)
    {
        var attributes = new int[]?[items.Count + 1];
        foreach (var entry in Parse(path))
        {
            var item = Number(entry.Name);
            if (item is null)
            {
                throw Error(path, $"the key '{entry.Name}' is not an item, a whole number from 1 on");
            }

            if (items.TryGetValue(item.Value, out var dense))
            {
                attributes[dense] = attributes[dense] is null
                    ? [.. Values(path, entry).Distinct()]
                    : throw Error(path, $"item {item} stands there twice");
            }
        }

        var rows = attributes.SelectMany(values => values ?? []).Distinct().Order()
            .Select((id, index) => (id, index)).ToDictionary(pair => pair.id, pair => pair.index + 1);
        var sets = FieldBuilder.Sets();
        foreach (var values in attributes.Skip(1))
        {
            foreach (var value in values ?? [])
            {
                sets.Add(rows[value]);
            }

            sets.EndEntity();
        }

        return sets.Build(field, rows.Count + 1);
    }

    private static IEnumerable<JsonProperty> Parse(string path)
    {
        using var document = Document(path);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw Error(path, "a JSON object from items to lists of attributes is expected");
        }

        foreach (var entry in document.RootElement.EnumerateObject())
        {
            yield return entry;
        }
    }

    private static JsonDocument Document(string path)
    {
        try
        {
            return JsonDocument.Parse(SourceFile.ReadAll(path));
        }
        catch (JsonException failure)
        {
            throw Error(path, $"the file is no valid JSON: {failure.Message.TrimEnd('.')}");
        }
    }

    private static IEnumerable<int> Values(string path, JsonProperty entry)
    {
        if (entry.Value.ValueKind != JsonValueKind.Array)
        {
            throw Error(path, $"item {entry.Name} has no list of attributes");
        }

        foreach (var value in entry.Value.EnumerateArray())
        {
            yield return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id)
                ? id
                : throw Error(path, $"item {entry.Name} has the attribute {value.GetRawText()}, which is not a whole number");
        }
    }

    private static long? Number(string text) =>
        long.TryParse(text, System.Globalization.NumberStyles.None, null, out var number) && number > 0 ? number : null;

    private static DataException Error(string path, string problem) => new($"{Path.GetFileName(path)}: {problem}.");
}
