using System.Text;
using System.Text.Json;
using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Data.Tables;

/// <summary>
/// Properties of JSON objects, one object a line, streamed from a plain or gzip-compressed file. Nested values count as absent. Lines of
/// Python literals, in which some data of that kind were published, are taken as well (<see cref="PythonLiteral"/>).
/// </summary>
internal sealed class JsonLinesReader : TableReader
{
    private readonly LineStream _lines;
    private readonly byte[][] _names;
    private readonly Range[] _ranges;
    private byte[] _values = new byte[1024];

    /// <param name="path">The file; its name ends with .gz where it is compressed.</param>
    /// <param name="properties">Names of the properties.</param>
    /// <exception cref="DataException">No such file, or not readable.</exception>
    public JsonLinesReader(string path, params string[] properties)
        : base(path, properties)
    {
        _lines = new LineStream(path);
        _names = Array.ConvertAll(properties, Encoding.UTF8.GetBytes);
        _ranges = new Range[properties.Length];
    }

    /// <inheritdoc/>
    protected override string Position => $"line {_lines.Number}";

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        while (_lines.MoveNext())
        {
            var line = _lines.Current.Trim(" \t\r"u8);
            if (!line.IsEmpty)
            {
                Read(line);
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Field(int column) => _values.AsSpan(_ranges[column]);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _lines.Dispose();

    private void Read(ReadOnlySpan<byte> line)
    {
        try
        {
            ReadObject(line.StartsWith("{'"u8) ? PythonLiteral.ToJson(line) : line);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // The second is what invalid UTF-8 within a string gives.
            throw Error("the line is no valid JSON object");
        }
    }

    private void ReadObject(ReadOnlySpan<byte> line)
    {
        var used = 0;
        _ranges.AsSpan().Clear();
        var json = new Utf8JsonReader(line);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var column = Column(json);
            json.Read();
            if (column < 0 || json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.Null)
            {
                json.Skip();
                continue;
            }

            if (_values.Length < used + json.ValueSpan.Length)
            {
                Array.Resize(ref _values, 2 * (used + json.ValueSpan.Length));
            }

            var length = Copy(json, _values.AsSpan(used));
            _ranges[column] = used..(used + length);
            used += length;
        }

        // Reads to the end, so that what follows the object is noticed.
        while (json.Read())
        {
        }
    }

    private int Column(in Utf8JsonReader json)
    {
        for (var column = 0; column < _names.Length; column++)
        {
            if (json.ValueTextEquals(_names[column]))
            {
                return column;
            }
        }

        return -1;
    }

    private static int Copy(in Utf8JsonReader json, Span<byte> target)
    {
        if (json.TokenType == JsonTokenType.String)
        {
            return json.CopyString(target);
        }

        json.ValueSpan.CopyTo(target);
        return json.ValueSpan.Length;
    }
}
