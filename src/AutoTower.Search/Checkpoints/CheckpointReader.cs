using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AutoTower.Autograd.Devices;
using AutoTower.Search.Data;

namespace AutoTower.Search.Checkpoints;

/// <summary>Reads the entries of a checkpoint whose checksum has been verified; values are fetched from the file as they are asked for.</summary>
public sealed class CheckpointReader : IDisposable
{
    private const int ChunkBytes = 4 << 20;
    private const int HashBytes = 32;
    private readonly FileStream _file;
    private readonly Dictionary<string, (long Offset, long Length)> _entries = [];
    private string _section = string.Empty;

    private CheckpointReader(string path, FileStream file)
    {
        Path = path;
        _file = file;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Opens and verifies a checkpoint.</summary>
    /// <exception cref="DataException">The file can't be read, is no checkpoint, or is damaged; one sentence.</exception>
    public static CheckpointReader Open(string path)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            var reader = new CheckpointReader(path, file);
            reader.VerifyChecksum();
            reader.ReadIndex();
            return reader;
        }
        catch (Exception failure)
        {
            file?.Dispose();
            throw failure is IOException or UnauthorizedAccessException
                ? new DataException($"{path} can't be read: {failure.Message}")
                : failure;
        }
    }

    /// <summary>True when the section at hand has an entry or a component of that name.</summary>
    public bool Has(string name) =>
        _entries.ContainsKey(_section + name) || _entries.Keys.Any(key => key.StartsWith($"{_section}{name}/", StringComparison.Ordinal));

    /// <summary>Gives a component its state back.</summary>
    public void Restore(string name, ICheckpointed component)
    {
        ArgumentNullException.ThrowIfNull(component);
        Section(name, () =>
        {
            component.Restore(this);
            return component;
        });
    }

    /// <summary>What <paramref name="read"/> makes of the entries under <paramref name="name"/>/.</summary>
    public T Section<T>(string name, Func<T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        var outer = _section;
        _section = $"{outer}{name}/";
        var value = read();
        _section = outer;
        return value;
    }

    /// <summary>A whole number.</summary>
    public long Integer(string name) => Values<long>(name, 1)[0];

    /// <summary>A number.</summary>
    public double Number(string name) => Values<double>(name, 1)[0];

    /// <summary>All numbers of an entry.</summary>
    public double[] Numbers(string name) => Values<double>(name, null);

    /// <summary>Text.</summary>
    public string Text(string name) => Encoding.UTF8.GetString(Values<byte>(name, null));

    /// <summary>Fills a device buffer, whose length must be that of the entry.</summary>
    public void Read<T>(string name, DeviceBuffer<T> buffer)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(buffer);
        Seek(name, buffer.Bytes);
        var chunk = new T[Math.Min(buffer.Length, ChunkBytes / Unsafe.SizeOf<T>())];
        for (long first = 0; first < buffer.Length; first += chunk.Length)
        {
            var part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, buffer.Length - first));
            _file.ReadExactly(MemoryMarshal.AsBytes(part));
            buffer.Device.Upload<T>(part, buffer.Address + (nint)(first * Unsafe.SizeOf<T>()));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private T[] Values<T>(string name, int? count)
        where T : unmanaged
    {
        var length = Seek(name, count * (long)Unsafe.SizeOf<T>());
        var values = new T[length / Unsafe.SizeOf<T>()];
        _file.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    private long Seek(string name, long? expected)
    {
        if (!_entries.TryGetValue(_section + name, out var entry) || (expected is { } bytes && bytes != entry.Length))
        {
            var found = entry.Offset == 0 ? "no such entry" : $"{entry.Length:N0} bytes instead of {expected:N0}";
            throw new DataException($"{Path} does not fit this version of the program: {_section}{name} has {found}.");
        }

        _file.Position = entry.Offset;
        return entry.Length;
    }

    private void VerifyChecksum()
    {
        var length = _file.Length - HashBytes;
        if (length < CheckpointWriter.Magic.Length)
        {
            throw Damaged();
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Math.Min(length, ChunkBytes)];
        for (var left = length; left > 0;)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(left, buffer.Length));
            _file.ReadExactly(part);
            hash.AppendData(part);
            if (left == length && !part.StartsWith(CheckpointWriter.Magic))
            {
                throw new DataException($"{Path} is no checkpoint of this program.");
            }

            left -= part.Length;
        }

        Span<byte> expected = stackalloc byte[HashBytes];
        _file.ReadExactly(expected);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(expected))
        {
            throw Damaged();
        }
    }

    private void ReadIndex()
    {
        _file.Position = CheckpointWriter.Magic.Length;
        using var reader = new BinaryReader(_file, Encoding.UTF8, leaveOpen: true);
        while (_file.Position < _file.Length - HashBytes)
        {
            var name = Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32()));
            var length = reader.ReadInt64();
            _entries[name] = (_file.Position, length);
            _file.Position += length;
        }
    }

    private DataException Damaged() => new($"{Path} is damaged: its contents do not match its checksum.");
}
