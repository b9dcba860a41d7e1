using System.Buffers.Binary;
using System.Numerics;

namespace AutoTower.Search.Artefacts.TensorBoard;

/// <summary>
/// A file of TensorBoard events (TensorFlow's record format): per record its length (8 bytes), the masked CRC-32C of these bytes, the
/// message, and its masked CRC-32C. Flushed after each record, so that TensorBoard can follow.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private readonly FileStream _stream;

    public EventFile(string path)
    {
        _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        Append(EventMessage.FileVersion(DateTime.UtcNow));
    }

    public string Name => Path.GetFileName(_stream.Name);

    public long Length => _stream.Length;

    public void Scalar(string tag, long step, double value) =>
        Append(EventMessage.Scalar(DateTime.UtcNow, step, tag, (float)value));

    public void Dispose() => _stream.Dispose();

    private void Append(ReadOnlySpan<byte> message)
    {
        Span<byte> header = stackalloc byte[sizeof(long) + sizeof(uint)];
        BinaryPrimitives.WriteInt64LittleEndian(header, message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(long)..], MaskedChecksum(header[..sizeof(long)]));
        Span<byte> footer = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, MaskedChecksum(message));
        _stream.Write(header);
        _stream.Write(message);
        _stream.Write(footer);
        _stream.Flush();
    }

    // The mask keeps the checksum of data that holds checksums from being weak.
    private static uint MaskedChecksum(ReadOnlySpan<byte> bytes)
    {
        var checksum = uint.MaxValue;
        foreach (var value in bytes)
        {
            checksum = BitOperations.Crc32C(checksum, value);
        }

        return BitOperations.RotateRight(~checksum, 15) + 0xA282EAD8u;
    }
}
