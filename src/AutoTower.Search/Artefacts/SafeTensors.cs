using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using AutoTower.Search.Data;

namespace AutoTower.Search.Artefacts;

/// <summary>A named float32 tensor, row-major.</summary>
/// <param name="Name">Name, for example <c>user_tower.blocks.0.mlp-512.hidden.weight</c>.</param>
/// <param name="Shape">Sizes of the dimensions.</param>
/// <param name="Values">As many values as the sizes multiply to.</param>
public sealed record NamedTensor(string Name, IReadOnlyList<int> Shape, float[] Values);

/// <summary>
/// The safetensors format: eight bytes with the header's length, a JSON header (type, shape and byte range of each tensor), the values.
/// All numbers little-endian, float32 only.
/// </summary>
public static class SafeTensors
{
    private const int Alignment = 8;
    private const long LongestHeader = 100_000_000;

    /// <summary>Writes <paramref name="tensors"/> to <paramref name="path"/>, whole or not at all.</summary>
    /// <exception cref="ArgumentException">A tensor's values do not fill its shape, or a name occurs twice.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var header = Header(tensors, metadata);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var tensor in tensors)
            {
                stream.Write(MemoryMarshal.AsBytes(tensor.Values.AsSpan()));
            }
        });
    }

    /// <summary>Reads all tensors of a file.</summary>
    /// <exception cref="DataException">The file is missing or damaged; one sentence says where.</exception>
    public static IReadOnlyDictionary<string, NamedTensor> Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path} can't be read: {failure.Message}");
        }

        var headerLength = bytes.Length >= sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : -1;
        if (headerLength < 2 || headerLength > Math.Min(LongestHeader, bytes.Length - sizeof(long)))
        {
            throw new DataException($"{path} is no safetensors file, or it was cut: its header does not fit into its {bytes.Length:N0} bytes.");
        }

        var data = bytes.AsMemory(sizeof(long) + (int)headerLength);
        try
        {
            using var header = JsonDocument.Parse(bytes.AsMemory(sizeof(long), (int)headerLength));
            return header.RootElement.EnumerateObject()
                .Where(property => property.Name != "__metadata__")
                .Select(property => Tensor(path, property.Name, property.Value, data))
                .ToDictionary(tensor => tensor.Name);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new DataException($"{path} has a damaged header: {failure.Message}");
        }
    }

    private static NamedTensor Tensor(string path, string name, JsonElement entry, ReadOnlyMemory<byte> data)
    {
        var type = entry.GetProperty("dtype").GetString();
        if (type != "F32")
        {
            throw new DataException($"{path}: tensor {name} has type {type}; only F32 is read.");
        }

        var shape = entry.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()).ToArray();
        var offsets = entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64()).ToArray();
        var count = shape.Aggregate(1L, (product, size) => product * size);
        if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] > data.Length || offsets[1] - offsets[0] != count * sizeof(float)
            || shape.Any(size => size < 0))
        {
            throw new DataException(
                $"{path}: tensor {name} of shape [{string.Join(", ", shape)}] does not fit its byte range, or the file was cut.");
        }

        var values = new float[count];
        data.Span[(int)offsets[0]..(int)offsets[1]].CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return new NamedTensor(name, shape, values);
    }

    private static byte[] Header(IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var names = new HashSet<string>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach (var tensor in tensors)
            {
                var count = tensor.Shape.Aggregate(1L, (product, size) => product * size);
                if (count != tensor.Values.Length || !names.Add(tensor.Name))
                {
                    throw new ArgumentException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"Tensor {tensor.Name} occurs twice, or its {tensor.Values.Length} values do not fill [{string.Join(", ", tensor.Shape)}]."));
                }

                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += count * sizeof(float);
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces pad the header, so that the values start aligned.
        var header = new byte[(buffer.WrittenCount + Alignment - 1) / Alignment * Alignment];
        header.AsSpan().Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(header);
        return header;
    }
}
