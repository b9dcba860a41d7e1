using CsvHelper;

namespace AutoTower.Search.Data.Tables;

/// <summary>Columns of a CSV file (RFC 4180) with a header, plain or gzip-compressed, UTF-8 or with a byte order mark.</summary>
internal sealed class CsvTableReader : TableReader
{
    private readonly CsvReader _csv;
    private readonly int[] _positions;
    private readonly int _width;

    /// <param name="path">The file.</param>
    /// <param name="separator">What stands between two fields; null to find it out from the first lines.</param>
    /// <param name="columns">Names of the columns in the header.</param>
    /// <exception cref="DataException">No such file, not readable, or a column that it lacks.</exception>
    public CsvTableReader(string path, char? separator, IReadOnlyList<string> columns)
        : base(path, columns)
    {
        _csv = CsvReader.Create(Parsing.SourceFile.Open(path), new CsvReaderOptions
        {
            Separator = separator,
            TrackLineNumbers = true,
            MalformedData = CsvMalformedDataHandling.Throw,
        });
        try
        {
            var headers = Guarded(() => _csv.Headers.ToArray());
            if (headers.Length == 0)
            {
                throw new DataException($"{FileName} is empty, but should have a header with {string.Join(", ", columns)}.");
            }

            _width = headers.Length;
            _positions = [.. columns.Select(column => Find(headers, column))];
        }
        catch
        {
            _csv.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override string Position => $"line {_csv.LineNumber}";

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        if (!Guarded(_csv.Read))
        {
            return false;
        }

        return _csv.FieldCount == _width ? true : throw Error($"found {_csv.FieldCount} fields, but the header has {_width}");
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Field(int column) => _csv.GetSpan(_positions[column]);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _csv.Dispose();

    private int Find(string[] headers, string column)
    {
        var position = Array.IndexOf(headers, column);
        return position >= 0 ? position : throw MissingColumn(column, headers);
    }

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CsvFormatException failure)
        {
            throw new DataException(
                $"{FileName} line {failure.LineNumber}: the quotes are malformed; a field in quotes ends with one, and one within it is written twice.");
        }
        catch (InvalidDataException)
        {
            throw Error("the gzip compression is damaged or ends early");
        }
        catch (IOException failure)
        {
            throw new DataException($"{FileName} cannot be read: {failure.Message}");
        }
    }
}
