using System.Text.Json;

namespace AutoTower.Search.Data.SchemaFiles;

/// <summary>An object of a schema file whose values are taken by key; what is wrong is named with file and key.</summary>
internal sealed class SchemaObject
{
    private readonly string _file;
    private readonly string _path;
    private readonly JsonElement _element;

    /// <param name="file">Name of the schema file.</param>
    /// <param name="path">Keys that lead to the object, with a dot behind each; empty for the outermost.</param>
    /// <param name="element">The object.</param>
    /// <param name="keys">All keys that it may have; null where any will do.</param>
    /// <exception cref="DataException">No object, or a key that it may not have or has twice.</exception>
    public SchemaObject(string file, string path, JsonElement element, IReadOnlyList<string>? keys)
    {
        _file = file;
        _path = path;
        _element = element;
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new DataException(
                path.Length == 0 ? $"{file} should hold one JSON object." : $"{file}: {path.TrimEnd('.')} should be an object.");
        }

        var seen = new HashSet<string>();
        foreach (var entry in element.EnumerateObject())
        {
            if (!seen.Add(entry.Name))
            {
                throw Error(entry.Name, "is given twice");
            }

            if (keys is not null && !keys.Contains(entry.Name))
            {
                throw Error(entry.Name, $"is not known; did you mean '{NearestNames.Of(entry.Name, keys, 1)[0]}'?");
            }
        }
    }

    /// <summary>All keys, in order.</summary>
    public IEnumerable<string> Keys => _element.EnumerateObject().Select(entry => entry.Name);

    /// <summary>Whether the key is there and not null.</summary>
    public bool Has(string key) => _element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>A text that must be there.</summary>
    public string Text(string key) => OptionalText(key) ?? throw new DataException($"{_file}: {_path}{key} is missing.");

    /// <summary>A text, or null.</summary>
    public string? OptionalText(string key) => !Has(key) ? null
        : Value(key).ValueKind == JsonValueKind.String && Value(key).GetString() is { Length: > 0 } text ? text
        : throw Error(key, "should be text, not empty");

    /// <summary>A whole number from 1.</summary>
    public int Count(string key, int value) => !Has(key) ? value
        : Value(key).ValueKind == JsonValueKind.Number && Value(key).TryGetInt32(out var number) && number > 0 ? number
        : throw Error(key, $"should be a whole number from 1, not {Value(key).GetRawText()}");

    /// <summary>One of some words.</summary>
    public string Choice(string key, string? value, IReadOnlyList<string> words)
    {
        var word = (value is null ? Text(key) : OptionalText(key)) ?? value!;
        return words.Contains(word)
            ? word
            : throw Error(key, $"takes {string.Join(", ", words)}, not '{word}'; did you mean '{NearestNames.Of(word, words, 1)[0]}'?");
    }

    /// <summary>A character between fields or values: one of ASCII.</summary>
    public char? Separator(string key) => OptionalText(key) switch
    {
        null => null,
        [var character] when char.IsAscii(character) => character,
        var other => throw Error(key, $"should be one ASCII character, not '{other}'"),
    };

    /// <summary>A list of texts, or null.</summary>
    public IReadOnlyList<string>? Texts(string key) => !Has(key) ? null
        : Value(key).ValueKind == JsonValueKind.Array && Value(key).EnumerateArray().All(text => text.ValueKind == JsonValueKind.String)
            ? [.. Value(key).EnumerateArray().Select(text => text.GetString()!)]
            : throw Error(key, "should be a list of texts");

    /// <summary>An object, or null.</summary>
    public SchemaObject? Object(string key, IReadOnlyList<string>? keys) => Has(key) ? new SchemaObject(_file, $"{_path}{key}.", Value(key), keys) : null;

    /// <summary>Whether the value is text, the short form of an object.</summary>
    public bool IsText(string key) => Value(key).ValueKind == JsonValueKind.String;

    /// <summary>An exception that names file and key.</summary>
    public DataException Error(string key, string problem) => new($"{_file}: {_path}{key} {problem}{(problem.EndsWith('?') ? "" : ".")}");

    private JsonElement Value(string key) => _element.GetProperty(key);
}
