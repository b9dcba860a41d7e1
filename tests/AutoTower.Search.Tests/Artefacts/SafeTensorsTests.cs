using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Data;
using CsCheck;

namespace AutoTower.Search.Tests.Artefacts;

public sealed class SafeTensorsTests : IDisposable
{
    private static readonly NamedTensor[] Sample =
    [
        new("tower.weight", [2, 3], [1, -2, float.Epsilon, float.NaN, float.PositiveInfinity, -0f]),
        new("tower.bias", [3], [0.1f, 0.2f, 0.3f]),
        new("empty", [0, 4], []),
        new("name with \"quotes\" and ü", [], [7]),
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("autotower-safetensors-");

    private string Path => System.IO.Path.Combine(_folder.FullName, "weights.safetensors");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void What_was_written_is_read_to_the_bit()
    {
        SafeTensors.Write(Path, Sample, new Dictionary<string, string> { ["data"] = "ml-1m" });
        var read = SafeTensors.Read(Path);
        Assert.Equal(Sample.Select(tensor => tensor.Name).Order(), read.Keys.Order());
        foreach (var tensor in Sample)
        {
            Assert.Equal(tensor.Shape, read[tensor.Name].Shape);
            Assert.Equal(tensor.Values.Select(BitConverter.SingleToInt32Bits), read[tensor.Name].Values.Select(BitConverter.SingleToInt32Bits));
        }
    }

    /// <summary>
    /// The format's definition, read without the reader under test: 8 bytes little-endian with the header's length, the JSON header, then
    /// the values without gaps, each tensor's byte range relative to the end of the header.
    /// </summary>
    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        SafeTensors.Write(Path, Sample, new Dictionary<string, string> { ["data"] = "ml-1m" });
        var bytes = File.ReadAllBytes(Path);
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, (8 + length) % 8);
        Assert.Equal((byte)'{', bytes[8]);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, length));
        Assert.Equal("ml-1m", header.RootElement.GetProperty("__metadata__").GetProperty("data").GetString());
        var covered = 0;
        foreach (var tensor in Sample)
        {
            var entry = header.RootElement.GetProperty(tensor.Name);
            Assert.Equal("F32", entry.GetProperty("dtype").GetString());
            Assert.Equal(tensor.Shape, entry.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
            int[] range = [.. entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
            Assert.Equal(covered, range[0]);
            Assert.Equal(covered + (4 * tensor.Values.Length), range[1]);
            covered = range[1];
            for (var i = 0; i < tensor.Values.Length; i++)
            {
                var actual = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8 + length + range[0] + (4 * i)));
                Assert.Equal(BitConverter.SingleToInt32Bits(tensor.Values[i]), actual);
            }
        }

        Assert.Equal(8 + length + covered, bytes.Length);
    }

    [Theory]
    [InlineData(0, "is no safetensors file, or it was cut")]
    [InlineData(7, "is no safetensors file, or it was cut")]
    [InlineData(40, "is no safetensors file, or it was cut")]
    [InlineData(-1, "does not fit its byte range, or the file was cut")]
    public void A_cut_file_is_named(int length, string expected)
    {
        SafeTensors.Write(Path, Sample);
        var bytes = File.ReadAllBytes(Path);
        File.WriteAllBytes(Path, length < 0 ? bytes[..^1] : bytes[..length]);
        Assert.Contains(expected, Failure(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json at all", "has a damaged header")]
    [InlineData("[1, 2]", "has a damaged header")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", "has a damaged header")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "has a damaged header")]
    [InlineData("""{"a":{"dtype":"F32","shape":"one","data_offsets":[0,4]}}""", "has a damaged header")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "has a damaged header")]
    [InlineData("""{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}""", "tensor a has type BF16; only F32 is read")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "tensor a of shape [2] does not fit its byte range")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""", "tensor a of shape [1] does not fit its byte range")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[4,0]}}""", "tensor a of shape [-1] does not fit its byte range")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", "tensor a of shape [1] does not fit its byte range")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2147483647,2147483647],"data_offsets":[0,4]}}""", "does not fit its byte range")]
    public void A_damaged_header_is_explained_in_one_sentence(string header, string expected)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        File.WriteAllBytes(Path, [.. length, .. text, 0, 0, 0, 0]);
        Assert.Contains(expected, Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_byte_is_damaged_the_file_is_read_or_named()
    {
        SafeTensors.Write(Path, Sample);
        var bytes = File.ReadAllBytes(Path);
        var headerEnd = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Gen.Select(Gen.Int[0, headerEnd - 1], Gen.Byte).Sample(
            (position, value) =>
            {
                var damaged = bytes.ToArray();
                damaged[position] = value;
                File.WriteAllBytes(Path, damaged);
                var failure = Record.Exception(() => SafeTensors.Read(Path));
                Assert.True(failure is null or DataException, $"byte {position} = {value}: {failure}");
            },
            iter: 2000,
            threads: 1);
    }

    [Fact]
    public void A_file_that_cannot_be_read_or_written_is_named()
    {
        Assert.Contains("can't be read", Failure(), StringComparison.Ordinal);
        Directory.CreateDirectory(Path);
        Assert.Contains("can't be read", Failure(), StringComparison.Ordinal);
        var unwritable = System.IO.Path.Combine(_folder.FullName, "no such folder", "weights.safetensors");
        Assert.StartsWith($"{unwritable} could not be written: ", Assert.Throws<IOException>(() => SafeTensors.Write(unwritable, Sample)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file()
    {
        SafeTensors.Write(Path, Sample);
        var before = File.ReadAllBytes(Path);
        Assert.Throws<ArgumentException>(() => SafeTensors.Write(Path, [new NamedTensor("a", [2], [1])]));
        Assert.Throws<ArgumentException>(() => SafeTensors.Write(Path, [new NamedTensor("a", [1], [1]), new NamedTensor("a", [1], [2])]));
        Assert.Equal(before, File.ReadAllBytes(Path));
        Assert.Equal([Path], Directory.GetFiles(_folder.FullName));
    }

    private string Failure()
    {
        var message = Assert.Throws<DataException>(() => SafeTensors.Read(Path)).Message;
        Assert.StartsWith(Path, message, StringComparison.Ordinal);
        return message;
    }
}
