using System.Text;
using System.Text.Unicode;

namespace AutoTower.Search.Data.Parsing;

/// <summary>
/// Strict reader of a Latin-1 text file of delimited rows. Works on the bytes of the file, so that numeric fields cost no string.
/// Line ends may be LF or CR LF; empty lines are allowed at the end of the file only (the published u.genre has one).
/// </summary>
internal sealed class DelimitedFile
{
    private readonly string name;
    private readonly byte[] bytes;
    private readonly byte[] separator;
    private readonly string[] columns;
    private readonly int[] starts;
    private readonly int end;
    private int next;
    private int line;

    private DelimitedFile(string name, byte[] bytes, string separator, string[] columns)
    {
        this.name = name;
        this.bytes = bytes;
        this.separator = Encoding.Latin1.GetBytes(separator);
        this.columns = columns;
        starts = new int[columns.Length + 1];
        end = bytes.AsSpan().TrimEnd("\r\n"u8).Length;
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="separator">What stands between two fields.</param>
    /// <param name="columns">Names of the fields, for messages; every row has exactly these.</param>
    /// <exception cref="DataException">No such file, a directory, not readable, empty, or not Latin-1 text.</exception>
    public static DelimitedFile Read(string path, string separator, params string[] columns)
    {
        var file = new DelimitedFile(Path.GetFileName(path), SourceFile.ReadAll(path), separator, columns);
        if (file.end == 0)
        {
            throw new DataException($"{file.name} is empty, but should have rows of {string.Join(", ", columns)}.");
        }

        file.RejectUnicode();
        return file;
    }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False after the last row.</returns>
    /// <exception cref="DataException">Another number of fields than there are columns.</exception>
    public bool MoveNext()
    {
        if (next >= end)
        {
            return false;
        }

        line++;
        var rest = bytes.AsSpan(next, end - next);
        var length = rest.IndexOf((byte)'\n');
        var row = length < 0 ? rest : rest[..length];
        SplitRow(row.TrimEnd((byte)'\r'));
        next += row.Length + 1;
        return true;
    }

    /// <summary>The bytes of a field of the current row.</summary>
    public ReadOnlySpan<byte> Field(int column) =>
        bytes.AsSpan(starts[column]..(starts[column + 1] - separator.Length));

    /// <summary>A whole number within bounds.</summary>
    /// <exception cref="DataException">Not a number, or out of bounds.</exception>
    public long Number(int column, long minimum, long maximum)
    {
        var field = Field(column);
        if (!WholeNumber.TryParse(field, out var value))
        {
            throw Error($"{columns[column]} '{SourceFile.Quote(field)}' is not a whole number");
        }

        return value >= minimum && value <= maximum
            ? value
            : throw Error($"{columns[column]} {value} is not in {minimum} .. {maximum}");
    }

    /// <summary>An id: a whole number from 1 on.</summary>
    /// <exception cref="DataException">Not such a number.</exception>
    public int Id(int column) => (int)Number(column, 1, int.MaxValue);

    /// <summary>A text field.</summary>
    /// <exception cref="DataException">The text is UTF-8, which read as Latin-1 would be garbled.</exception>
    public string Text(int column)
    {
        var field = Field(column);
        if (!Ascii.IsValid(field) && Utf8.IsValid(field))
        {
            throw Error($"{columns[column]} '{Encoding.UTF8.GetString(field)}' is UTF-8, but the published file is Latin-1 (ISO-8859-1)");
        }

        return Encoding.Latin1.GetString(field);
    }

    /// <summary>An exception that names this file and the current line.</summary>
    /// <param name="problem">What is wrong and what would be right, without a full stop.</param>
    public DataException Error(string problem) => new($"{name} line {line}: {problem}.");

    private void SplitRow(ReadOnlySpan<byte> row)
    {
        var found = 0;
        var position = 0;
        while (true)
        {
            if (found < columns.Length)
            {
                starts[found] = next + position;
            }

            found++;
            var length = row[position..].IndexOf(separator);
            if (length < 0)
            {
                break;
            }

            position += length + separator.Length;
        }

        starts[columns.Length] = next + row.Length + separator.Length;
        if (found != columns.Length)
        {
            throw Error(row.IsEmpty ? $"the line is empty, expected {ExpectedRow()}" : $"found {found} fields, expected {ExpectedRow()}");
        }
    }

    private string ExpectedRow()
    {
        var shown = separator is [(byte)'\t'] ? "tab" : Encoding.Latin1.GetString(separator);
        return $"{columns.Length} ({string.Join(", ", columns)}) separated by {shown}";
    }

    private void RejectUnicode()
    {
        if (SourceFile.WideEncoding(bytes, out var position) is { } encoding)
        {
            line = position;
            throw Error($"the file is {encoding}, but the published file is Latin-1 (ISO-8859-1) text");
        }
    }
}
