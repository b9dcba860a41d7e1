using System.Globalization;
using System.Text;
using Parquet;
using Parquet.Schema;

namespace AutoTower.Search.Data.Tables;

/// <summary>Columns of a Parquet file, one row group in memory at a time. Values are handed out as text, numbers in the invariant culture.</summary>
internal sealed class ParquetTableReader : TableReader
{
    private readonly ParquetReader _file;
    private readonly Column[] _values;
    private int _group = -1;
    private long _rowsBefore;
    private int _row;
    private int _rows;

    /// <param name="path">The file.</param>
    /// <param name="columns">Names of the columns, which are values or lists of text.</param>
    /// <exception cref="DataException">No such file, no Parquet, or a column that it lacks or that has another kind of values.</exception>
    public ParquetTableReader(string path, IReadOnlyList<string> columns)
        : base(path, columns)
    {
        var stream = Parsing.SourceFile.Open(path);
        try
        {
            _file = Guarded(() => ParquetReader.CreateAsync(stream, leaveStreamOpen: false));
            var fields = _file.Schema.DataFields;
            _values = [.. columns.Select(column => Column.For(
                fields.FirstOrDefault(field => NameOf(field) == column) ?? throw MissingColumn(column, [.. fields.Select(NameOf)]))
                ?? throw new DataException($"{FileName}: column '{column}' is neither text nor a number nor a time, so it cannot be used."))];
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override string Position => $"row {_rowsBefore + _row + 1}";

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        _row++;
        while (_row >= _rows)
        {
            _rowsBefore += _rows;
            _row = 0;
            if (++_group == _file.RowGroupCount)
            {
                _rows = 0;
                return false;
            }

            _rows = Load(_group);
        }

        foreach (var column in _values)
        {
            column.Move(_row);
        }

        return true;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Field(int column) => _values[column].Current;

    /// <inheritdoc/>
    public override bool IsList(int column) => _values[column] is ListColumn;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _file.DisposeAsync().AsTask().GetAwaiter().GetResult();

    // A list lies three levels deep, the first of which has its name.
    private static string NameOf(DataField field) => field.MaxRepetitionLevel == 1 ? field.Path.FirstPart! : field.Path.ToString();

    private int Load(int group)
    {
        using var reader = _file.OpenRowGroupReader(group);
        foreach (var column in _values)
        {
            Guarded(async () =>
            {
                await column.Load(reader, (int)reader.RowCount).ConfigureAwait(false);
                return true;
            });
        }

        return (int)reader.RowCount;
    }

    // The library reads asynchronously only, and tells damage by whatever exception it runs into.
    private T Guarded<T>(Func<Task<T>> read)
    {
        try
        {
            return read().GetAwaiter().GetResult();
        }
        catch (Exception failure) when (failure is not (DataException or OutOfMemoryException))
        {
            throw new DataException($"{FileName} is no Parquet file, or damaged: {failure.Message.TrimEnd('.')}.");
        }
    }

    /// <summary>A column of the current row group.</summary>
    private abstract class Column(DataField source)
    {
        private byte[] _buffer = new byte[64];
        private int _length;

        /// <summary>The field of the current row; empty for null.</summary>
        public ReadOnlySpan<byte> Current => _buffer.AsSpan(0, _length);

        protected DataField Source => source;

        /// <summary>The column, or null where its values are of a kind that has no use here.</summary>
        public static Column? For(DataField field) => field switch
        {
            { MaxRepetitionLevel: 1 } when IsText(field) => new ListColumn(field),
            { MaxRepetitionLevel: > 0 } => null,
            _ when IsText(field) => new TextColumn(field),
            _ when field.ClrType == typeof(byte[]) || field.ClrType == typeof(ReadOnlyMemory<byte>) => new BytesColumn(field),
            _ when field.ClrType == typeof(bool) => new BooleanColumn(field),
            _ when field.ClrType == typeof(sbyte) => new ValueColumn<sbyte>(field),
            _ when field.ClrType == typeof(byte) => new ValueColumn<byte>(field),
            _ when field.ClrType == typeof(short) => new ValueColumn<short>(field),
            _ when field.ClrType == typeof(ushort) => new ValueColumn<ushort>(field),
            _ when field.ClrType == typeof(int) => new ValueColumn<int>(field),
            _ when field.ClrType == typeof(uint) => new ValueColumn<uint>(field),
            _ when field.ClrType == typeof(long) => new ValueColumn<long>(field),
            _ when field.ClrType == typeof(ulong) => new ValueColumn<ulong>(field),
            _ when field.ClrType == typeof(float) => new ValueColumn<float>(field),
            _ when field.ClrType == typeof(double) => new ValueColumn<double>(field),
            _ when field.ClrType == typeof(decimal) => new ValueColumn<decimal>(field),
            _ when field.ClrType == typeof(DateTime) => new ValueColumn<DateTime>(field, "O"),
            _ when field.ClrType == typeof(DateOnly) => new ValueColumn<DateOnly>(field, "O"),
            _ => null,
        };

        private static bool IsText(DataField field) => field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>);

        public abstract Task Load(ParquetRowGroupReader reader, int rows);

        public abstract void Move(int row);

        protected void Set(ReadOnlySpan<char> text)
        {
            Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
            _length = Encoding.UTF8.GetBytes(text, _buffer);
        }

        protected void Set(ReadOnlySpan<byte> text)
        {
            Reserve(text.Length);
            text.CopyTo(_buffer);
            _length = text.Length;
        }

        protected void Set<T>(T? value, string? format)
            where T : struct, IUtf8SpanFormattable
        {
            _length = 0;
            value?.TryFormat(_buffer, out _length, format, CultureInfo.InvariantCulture);
        }

        private void Reserve(int length)
        {
            if (_buffer.Length < length)
            {
                _buffer = new byte[2 * length];
            }
        }
    }

    private sealed class TextColumn(DataField field) : Column(field)
    {
        private string?[] _rows = [];

        public override Task Load(ParquetRowGroupReader reader, int rows)
        {
            _rows = new string?[rows];
            return reader.ReadAsync(Source, _rows.AsMemory()).AsTask();
        }

        public override void Move(int row) => Set(_rows[row]);
    }

    private sealed class ListColumn(DataField field) : Column(field)
    {
        private string[] _rows = [];

        public override async Task Load(ParquetRowGroupReader reader, int rows)
        {
            var count = (int)reader.GetMetadata(Source)!.MetaData!.NumValues;
            var values = new ReadOnlyMemory<char>[count];
            var (definitions, repetitions) = (new int[count], new int[count]);
            await reader.ReadRawAsync(Source, values.AsMemory(), definitions.AsMemory(), repetitions.AsMemory()).ConfigureAwait(false);
            _rows = Join(values, definitions, repetitions, rows);
        }

        public override void Move(int row) => Set(_rows[row]);

        // Repetition level 0 begins a row; below the highest definition level there is no element: an empty list, or null.
        private string[] Join(ReadOnlyMemory<char>[] values, int[] definitions, int[] repetitions, int rows)
        {
            var joined = new string[rows];
            var (row, value) = (-1, 0);
            for (var level = 0; level < repetitions.Length; level++)
            {
                if (repetitions[level] == 0)
                {
                    joined[++row] = string.Empty;
                }

                if (definitions[level] == Source.MaxDefinitionLevel)
                {
                    var element = values[value++].Span;
                    joined[row] = joined[row].Length == 0 ? element.ToString() : $"{joined[row]}{(char)ListSeparator}{element}";
                }
            }

            return joined;
        }
    }

    private sealed class BytesColumn(DataField field) : Column(field)
    {
        private byte[]?[] _rows = [];

        public override Task Load(ParquetRowGroupReader reader, int rows)
        {
            _rows = new byte[rows][];
            return reader.ReadAsync(Source, _rows.AsMemory()).AsTask();
        }

        public override void Move(int row) => Set(_rows[row].AsSpan());
    }

    private sealed class BooleanColumn(DataField field) : Column(field)
    {
        private bool?[] _rows = [];

        public override Task Load(ParquetRowGroupReader reader, int rows)
        {
            _rows = new bool?[rows];
            return reader.ReadAsync<bool>(Source, _rows.AsMemory()).AsTask();
        }

        public override void Move(int row) => Set(_rows[row] switch { true => "true"u8, false => "false"u8, null => default });
    }

    private sealed class ValueColumn<T>(DataField field, string? format = null) : Column(field)
        where T : struct, IUtf8SpanFormattable
    {
        private T?[] _rows = [];

        public override Task Load(ParquetRowGroupReader reader, int rows)
        {
            _rows = new T?[rows];
            return reader.ReadAsync(Source, _rows.AsMemory()).AsTask();
        }

        public override void Move(int row) => Set(_rows[row], format);
    }
}
