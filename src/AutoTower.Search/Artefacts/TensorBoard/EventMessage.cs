using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace AutoTower.Search.Artefacts.TensorBoard;

/// <summary>
/// The two shapes of TensorFlow's <c>Event</c> message that are needed, in protocol buffer encoding:
/// <c>Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }</c>,
/// <c>Summary { repeated Value value = 1; }</c>, <c>Value { string tag = 1; float simple_value = 2; }</c>.
/// </summary>
internal static class EventMessage
{
    private const byte WallTime = (1 << 3) | 1;
    private const byte Step = (2 << 3) | 0;
    private const byte Version = (3 << 3) | 2;
    private const byte Summary = (5 << 3) | 2;
    private const byte Value = (1 << 3) | 2;
    private const byte Tag = (1 << 3) | 2;
    private const byte SimpleValue = (2 << 3) | 5;

    /// <summary>The first event of a file.</summary>
    public static byte[] FileVersion(DateTime time)
    {
        var message = new ArrayBufferWriter<byte>();
        Time(message, time);
        Bytes(message, Version, "brain.Event:2"u8);
        return message.WrittenSpan.ToArray();
    }

    /// <summary>One value of a curve.</summary>
    public static byte[] Scalar(DateTime time, long step, string tag, float value)
    {
        var scalar = new ArrayBufferWriter<byte>();
        Bytes(scalar, Tag, Encoding.UTF8.GetBytes(tag));
        scalar.Write([SimpleValue]);
        BinaryPrimitives.WriteSingleLittleEndian(scalar.GetSpan(sizeof(float)), value);
        scalar.Advance(sizeof(float));
        var summary = new ArrayBufferWriter<byte>();
        Bytes(summary, Value, scalar.WrittenSpan);
        var message = new ArrayBufferWriter<byte>();
        Time(message, time);
        message.Write([Step]);
        Varint(message, (ulong)step);
        Bytes(message, Summary, summary.WrittenSpan);
        return message.WrittenSpan.ToArray();
    }

    private static void Time(ArrayBufferWriter<byte> message, DateTime time)
    {
        message.Write([WallTime]);
        BinaryPrimitives.WriteDoubleLittleEndian(message.GetSpan(sizeof(double)), (time - DateTime.UnixEpoch).TotalSeconds);
        message.Advance(sizeof(double));
    }

    private static void Bytes(ArrayBufferWriter<byte> message, byte field, ReadOnlySpan<byte> bytes)
    {
        message.Write([field]);
        Varint(message, (ulong)bytes.Length);
        message.Write(bytes);
    }

    private static void Varint(ArrayBufferWriter<byte> message, ulong value)
    {
        for (; value > 0x7F; value >>= 7)
        {
            message.Write([(byte)(value | 0x80)]);
        }

        message.Write([(byte)value]);
    }
}
