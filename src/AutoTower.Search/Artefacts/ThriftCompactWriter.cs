using System.Buffers;
using System.Text;

namespace AutoTower.Search.Artefacts;

/// <summary>
/// The part of Thrift's compact protocol that Parquet's metadata needs: a field is a byte with its distance from the field before and its
/// type; integers are zigzag varints; a struct ends with a zero byte.
/// </summary>
internal sealed class ThriftCompactWriter
{
    private const byte Integer32 = 5;
    private const byte Integer64 = 6;
    private const byte Binary = 8;
    private const byte List = 9;
    private const byte Structure = 12;
    private const int ShortList = 15;

    private readonly ArrayBufferWriter<byte> _buffer = new();
    private int _field;

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public void Field(int id, int value)
    {
        Header(id, Integer32);
        ZigZag(value);
    }

    public void Field(int id, long value)
    {
        Header(id, Integer64);
        ZigZag(value);
    }

    public void Field(int id, string value)
    {
        Header(id, Binary);
        Text(value);
    }

    public void Field(int id, Action writeStructure)
    {
        Header(id, Structure);
        Nested(writeStructure);
    }

    public void Field(int id, IReadOnlyList<int> values)
    {
        ListHeader(id, values.Count, Integer32);
        foreach (var value in values)
        {
            ZigZag(value);
        }
    }

    public void Field(int id, IReadOnlyList<string> values)
    {
        ListHeader(id, values.Count, Binary);
        foreach (var value in values)
        {
            Text(value);
        }
    }

    public void Field(int id, IReadOnlyList<Action> structures)
    {
        ListHeader(id, structures.Count, Structure);
        foreach (var structure in structures)
        {
            Nested(structure);
        }
    }

    /// <summary>Ends the outermost struct.</summary>
    public void End() => Byte(0);

    /// <summary>An unsigned varint; also the form of Parquet's run lengths.</summary>
    public static void Varint(IBufferWriter<byte> buffer, ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        var length = 0;
        do
        {
            bytes[length++] = (byte)((value & 0x7F) | (value > 0x7F ? 0x80u : 0u));
            value >>= 7;
        }
        while (value > 0);
        buffer.Write(bytes[..length]);
    }

    private void Nested(Action write)
    {
        var outer = _field;
        _field = 0;
        write();
        Byte(0);
        _field = outer;
    }

    private void Header(int id, byte type)
    {
        // Parquet's structs have fewer than 16 fields, so a distance always fits the short form.
        Byte((byte)(((id - _field) << 4) | type));
        _field = id;
    }

    private void ListHeader(int id, int count, byte type)
    {
        Header(id, List);
        if (count < ShortList)
        {
            Byte((byte)((count << 4) | type));
            return;
        }

        Byte((byte)((ShortList << 4) | type));
        Varint(_buffer, (ulong)count);
    }

    private void Text(string value)
    {
        Varint(_buffer, (ulong)Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, _buffer);
    }

    private void ZigZag(long value) => Varint(_buffer, (ulong)((value << 1) ^ (value >> 63)));

    private void Byte(byte value) => _buffer.Write([value]);
}
