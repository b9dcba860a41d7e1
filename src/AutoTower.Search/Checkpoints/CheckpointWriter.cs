using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AutoTower.Autograd.Devices;

namespace AutoTower.Search.Checkpoints;

/// <summary>
/// Writes named entries one after another and hashes them as they go; nothing large is held in memory.
/// A file is <c>ATCHKPT1</c>, then per entry name length (4 bytes), name (UTF-8), data length (8 bytes) and data, then the SHA-256 of all
/// that (32 bytes). All numbers little-endian.
/// </summary>
public sealed class CheckpointWriter
{
    private const int ChunkBytes = 4 << 20;
    private readonly Stream _stream;
    private readonly IncrementalHash _hash;
    private string _section = string.Empty;

    private CheckpointWriter(Stream stream, IncrementalHash hash)
    {
        _stream = stream;
        _hash = hash;
    }

    internal static ReadOnlySpan<byte> Magic => "ATCHKPT1"u8;

    /// <summary>Writes a whole checkpoint.</summary>
    internal static void Write(Stream stream, Action<CheckpointWriter> save)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var writer = new CheckpointWriter(stream, hash);
        writer.Append(Magic);
        save(writer);
        stream.Write(hash.GetHashAndReset());
    }

    /// <summary>Writes the state of a component under <paramref name="name"/>/.</summary>
    public void Write(string name, ICheckpointed component)
    {
        ArgumentNullException.ThrowIfNull(component);
        Section(name, () => component.Save(this));
    }

    /// <summary>Puts the names that <paramref name="write"/> writes under <paramref name="name"/>/.</summary>
    public void Section(string name, Action write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var outer = _section;
        _section = $"{outer}{name}/";
        write();
        _section = outer;
    }

    /// <summary>Writes a whole number.</summary>
    public void Write(string name, long value) => WriteValues(name, [value]);

    /// <summary>Writes numbers, bit by bit.</summary>
    public void Write(string name, params ReadOnlySpan<double> values) => WriteValues(name, values);

    /// <summary>Writes text.</summary>
    public void Write(string name, string value) => WriteValues<byte>(name, Encoding.UTF8.GetBytes(value));

    /// <summary>Writes the contents of a device buffer. Waits for the device.</summary>
    public void Write<T>(string name, DeviceBuffer<T> buffer)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(buffer);
        WriteHeader(name, buffer.Bytes);
        var chunk = new T[Math.Min(buffer.Length, ChunkBytes / Unsafe.SizeOf<T>())];
        for (long first = 0; first < buffer.Length; first += chunk.Length)
        {
            var part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, buffer.Length - first));
            buffer.Device.Download(buffer.Address + (nint)(first * Unsafe.SizeOf<T>()), part);
            Append(MemoryMarshal.AsBytes(part));
        }
    }

    private void WriteValues<T>(string name, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        WriteHeader(name, bytes.Length);
        Append(bytes);
    }

    private void WriteHeader(string name, long length)
    {
        var bytes = Encoding.UTF8.GetBytes(_section + name);
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt32LittleEndian(number, bytes.Length);
        Append(number[..sizeof(int)]);
        Append(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(number, length);
        Append(number);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        _stream.Write(bytes);
    }
}
