using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace AutoTower.Search.Artefacts;

/// <summary>
/// Vectors as a Parquet table of two columns: <c>id</c> (string) and <c>vector</c> (list of float32), uncompressed, plain encoding. Own
/// code, because one fixed table needs little of the format and goes to the file page by page; reading other people's tables does need all
/// of it, which is left to a library.
/// </summary>
public static class ParquetFile
{
    private const int RowsAPage = 4096;
    private const int PagesAGroup = 16;

    // Numbers of the format's enumerations.
    private const int TypeFloat = 4;
    private const int TypeByteArray = 6;
    private const int Required = 0;
    private const int Repeated = 2;
    private const int ConvertedUtf8 = 0;
    private const int ConvertedList = 3;
    private const int Plain = 0;
    private const int RunLength = 3;

    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <summary>Writes the table, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ids">One id a row, such as a data set's raw user or item ids.</param>
    /// <param name="columns">Length of a vector, at least 1.</param>
    /// <param name="values">Row-major, ids x columns.</param>
    /// <exception cref="ArgumentException">The values do not fill the shape.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static void Write(string path, IReadOnlyList<string> ids, int columns, ReadOnlyMemory<float> values)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (values.Length != (long)ids.Count * columns)
        {
            throw new ArgumentException($"{values.Length} values do not fill {ids.Count} rows of {columns}.", nameof(values));
        }

        AtomicFile.Write(path, stream =>
        {
            stream.Write(Magic);
            var groups = new List<RowGroup>();
            for (var first = 0; first < ids.Count; first += RowsAPage * PagesAGroup)
            {
                var rows = Math.Min(RowsAPage * PagesAGroup, ids.Count - first);
                var idChunk = WriteColumn(stream, first, rows, 1, (start, count) => IdPage(ids, start, count));
                var vectorChunk = WriteColumn(
                    stream, first, rows, columns, (start, count) => VectorPage(values.Span.Slice(start * columns, count * columns), columns));
                groups.Add(new RowGroup(rows, idChunk, vectorChunk));
            }

            var footer = Footer(ids.Count, groups);
            stream.Write(footer);
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
            stream.Write(length);
            stream.Write(Magic);
        });
    }

    private static ColumnChunk WriteColumn(Stream stream, int first, int rows, int valuesARow, Func<int, int, ReadOnlyMemory<byte>> page)
    {
        var offset = stream.Position;
        for (var start = first; start < first + rows; start += RowsAPage)
        {
            var count = Math.Min(RowsAPage, first + rows - start);
            var body = page(start, count);
            var header = new ThriftCompactWriter();
            header.Field(1, 0); // a data page
            header.Field(2, body.Length);
            header.Field(3, body.Length);
            header.Field(5, () =>
            {
                header.Field(1, count * valuesARow);
                header.Field(2, Plain);
                header.Field(3, RunLength);
                header.Field(4, RunLength);
            });
            header.End();
            stream.Write(header.Written);
            stream.Write(body.Span);
        }

        return new ColumnChunk(offset, stream.Position - offset, (long)rows * valuesARow);
    }

    /// <summary>Strings, each behind its length.</summary>
    private static ReadOnlyMemory<byte> IdPage(IReadOnlyList<string> ids, int first, int count)
    {
        var page = new ArrayBufferWriter<byte>();
        for (var i = first; i < first + count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(page.GetSpan(sizeof(int)), Encoding.UTF8.GetByteCount(ids[i]));
            page.Advance(sizeof(int));
            Encoding.UTF8.GetBytes(ids[i], page);
        }

        return page.WrittenMemory;
    }

    /// <summary>Repetition levels (0 begins a row, 1 goes on with it), definition levels (1: there is a value), values.</summary>
    private static ReadOnlyMemory<byte> VectorPage(ReadOnlySpan<float> values, int columns)
    {
        var repetition = new ArrayBufferWriter<byte>();
        for (var row = 0; row < values.Length / columns; row++)
        {
            Run(repetition, 1, 0);
            if (columns > 1)
            {
                Run(repetition, columns - 1, 1);
            }
        }

        var definition = new ArrayBufferWriter<byte>();
        Run(definition, values.Length, 1);
        var page = new ArrayBufferWriter<byte>((values.Length * sizeof(float)) + repetition.WrittenCount + 32);
        Levels(page, repetition);
        Levels(page, definition);
        page.Write(MemoryMarshal.AsBytes(values));
        return page.WrittenMemory;
    }

    private static void Run(ArrayBufferWriter<byte> buffer, int count, byte value)
    {
        ThriftCompactWriter.Varint(buffer, (ulong)count << 1);
        buffer.Write([value]);
    }

    private static void Levels(ArrayBufferWriter<byte> page, ArrayBufferWriter<byte> levels)
    {
        BinaryPrimitives.WriteInt32LittleEndian(page.GetSpan(sizeof(int)), levels.WrittenCount);
        page.Advance(sizeof(int));
        page.Write(levels.WrittenSpan);
    }

    private static byte[] Footer(long rows, List<RowGroup> groups)
    {
        var writer = new ThriftCompactWriter();
        writer.Field(1, 2); // version
        writer.Field(2, [Root, Id, Vector, Repetition, Element]);
        writer.Field(3, rows);
        writer.Field(4, [.. groups.Select(group => (Action)(() => Group(group)))]);
        writer.Field(6, "autotower");
        writer.End();
        return writer.Written.ToArray();

        void Root()
        {
            writer.Field(4, "schema");
            writer.Field(5, 2);
        }

        void Id()
        {
            writer.Field(1, TypeByteArray);
            writer.Field(3, Required);
            writer.Field(4, "id");
            writer.Field(6, ConvertedUtf8);
            writer.Field(10, () => writer.Field(1, () => { })); // logical type string
        }

        void Vector()
        {
            writer.Field(3, Required);
            writer.Field(4, "vector");
            writer.Field(5, 1);
            writer.Field(6, ConvertedList);
            writer.Field(10, () => writer.Field(3, () => { })); // logical type list
        }

        void Repetition()
        {
            writer.Field(3, Repeated);
            writer.Field(4, "list");
            writer.Field(5, 1);
        }

        void Element()
        {
            writer.Field(1, TypeFloat);
            writer.Field(3, Required);
            writer.Field(4, "element");
        }

        void Group(RowGroup group)
        {
            writer.Field(1, [() => Chunk(group.Ids, TypeByteArray, ["id"]), () => Chunk(group.Vectors, TypeFloat, ["vector", "list", "element"])]);
            writer.Field(2, group.Ids.Bytes + group.Vectors.Bytes);
            writer.Field(3, (long)group.Rows);
        }

        void Chunk(ColumnChunk chunk, int type, string[] path)
        {
            writer.Field(2, chunk.Offset);
            writer.Field(3, () =>
            {
                writer.Field(1, type);
                writer.Field(2, [Plain, RunLength]);
                writer.Field(3, path);
                writer.Field(4, 0); // uncompressed
                writer.Field(5, chunk.Values);
                writer.Field(6, chunk.Bytes);
                writer.Field(7, chunk.Bytes);
                writer.Field(9, chunk.Offset);
            });
        }
    }

    private sealed record ColumnChunk(long Offset, long Bytes, long Values);

    private sealed record RowGroup(int Rows, ColumnChunk Ids, ColumnChunk Vectors);
}
