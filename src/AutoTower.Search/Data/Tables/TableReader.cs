using System.Buffers.Text;
using System.Text.Unicode;
using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Data.Tables;

/// <summary>
/// Chosen columns of a file of rows, read one row after the other. Fields are UTF-8; one that a row lacks is empty. Columns are named by
/// their position among those chosen.
/// </summary>
internal abstract class TableReader(string path, IReadOnlyList<string> columns) : IDisposable
{
    /// <summary>Name of the file, for messages.</summary>
    protected string FileName { get; } = Path.GetFileName(path);

    /// <summary>Names of the chosen columns.</summary>
    protected IReadOnlyList<string> Columns { get; } = columns;

    /// <summary>Where the current row is, as "line 7" or "row 7".</summary>
    protected abstract string Position { get; }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False after the last row.</returns>
    /// <exception cref="DataException">The row, or the file from there on, is damaged.</exception>
    public abstract bool MoveNext();

    /// <summary>A field of the current row; empty where there is none. Valid until the next row.</summary>
    public abstract ReadOnlySpan<byte> Field(int column);

    /// <summary>What stands between the elements of a list within its field.</summary>
    public const byte ListSeparator = 0x1F;

    /// <summary>Whether the fields of a column are lists, which file formats other than text have.</summary>
    public virtual bool IsList(int column) => false;

    /// <summary>A text field that must not be empty.</summary>
    /// <exception cref="DataException">It is empty, or not UTF-8.</exception>
    public ReadOnlySpan<byte> Required(int column)
    {
        var field = Text(column);
        return field.IsEmpty ? throw Error($"{Columns[column]} is empty") : field;
    }

    /// <summary>A text field.</summary>
    /// <exception cref="DataException">It is not UTF-8, or a list.</exception>
    public ReadOnlySpan<byte> Text(int column)
    {
        if (IsList(column))
        {
            throw Error($"{Columns[column]} is a list, which only a column of type multi-category may be");
        }

        return Elements(column);
    }

    /// <summary>A text field, or a list of texts with <see cref="ListSeparator"/> between them.</summary>
    /// <exception cref="DataException">It is not UTF-8.</exception>
    public ReadOnlySpan<byte> Elements(int column)
    {
        var field = Field(column);
        return Utf8.IsValid(field) ? field : throw Error($"{Columns[column]} '{SourceFile.Quote(field)}' is not UTF-8 text");
    }

    /// <summary>A number; null where the field is empty.</summary>
    /// <exception cref="DataException">It is something else, infinite, or not a number.</exception>
    public double? Number(int column)
    {
        var field = Field(column).Trim((byte)' ');
        if (field.IsEmpty)
        {
            return null;
        }

        return Utf8Parser.TryParse(field, out double value, out var used) && used == field.Length && double.IsFinite(value)
            ? value
            : throw Error($"{Columns[column]} '{SourceFile.Quote(field)}' is not a number");
    }

    /// <summary>A time as a number that orders times: of a number (seconds, milliseconds, ...) or an ISO 8601 date with or without time.</summary>
    /// <exception cref="DataException">It is neither.</exception>
    public long Time(int column)
    {
        var field = Required(column);
        if (!(Utf8Parser.TryParse(field, out double value, out var used) && used == field.Length) && !IsoTime.TryParse(field, out value))
        {
            throw Error($"{Columns[column]} '{SourceFile.Quote(field)}' is neither a number nor a date such as 2024-05-31 or 2024-05-31T18:30:00");
        }

        // The bits of a double, those of negative ones turned around, order as the numbers do.
        var bits = BitConverter.DoubleToInt64Bits(value == 0 ? 0 : value);
        return double.IsFinite(value) ? bits ^ ((bits >> 63) & long.MaxValue) : throw Error($"{Columns[column]} is not a finite number");
    }

    /// <summary>An exception that names this file and the current row.</summary>
    /// <param name="problem">What is wrong and what would be right, without a full stop.</param>
    public DataException Error(string problem) => new($"{FileName} {Position}: {problem}.");

    /// <summary>An exception about a column that the file lacks.</summary>
    protected DataException MissingColumn(string column, IReadOnlyList<string> existing) => new(
        $"{FileName} has no column '{column}'"
        + (NearestNames.Of(column, existing, 1) is [var nearest] ? $"; did you mean '{nearest}'? It has {string.Join(", ", existing)}." : "."));

    /// <summary>An exception about a file without rows.</summary>
    public DataException Empty() => new($"{FileName} has no row, but should have rows of {string.Join(", ", Columns)}.");

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the file.</summary>
    protected abstract void Dispose(bool disposing);
}
