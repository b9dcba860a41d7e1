using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Data;

namespace AutoTower.Search.Tests.Artefacts;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("autotower-safetensors-");

    private string File => Path.Combine(_folder.FullName, "weights.safetensors");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>
    /// What Python's safetensors checks when it opens a file: the header begins with a brace, ranges follow each other without a gap in
    /// order of the tensors, each as long as its shape says, and the last ends at the file's end.
    /// </summary>
    [Fact]
    public void The_bytes_are_those_that_the_format_prescribes()
    {
        Write();
        var bytes = System.IO.File.ReadAllBytes(File);
        var length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        Assert.Equal((byte)'{', bytes[8]);
        Assert.Equal(0, length % 8);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, length));
        Assert.Equal("pooling=sum", header.RootElement.GetProperty("__metadata__").GetProperty("architecture").GetString());
        var end = 0;
        foreach (var tensor in header.RootElement.EnumerateObject().Where(property => property.Name != "__metadata__"))
        {
            Assert.Equal("F32", tensor.Value.GetProperty("dtype").GetString());
            var range = tensor.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32()).ToArray();
            var count = tensor.Value.GetProperty("shape").EnumerateArray().Aggregate(1, (product, size) => product * size.GetInt32());
            Assert.Equal([end, end + (4 * count)], range);
            end = range[1];
        }

        Assert.Equal(bytes.Length, 8 + length + end);
        Assert.Equal(-2.5f, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(8 + length + 4)));
    }

    [Fact]
    public void What_was_written_is_read()
    {
        Write();
        var tensors = SafeTensors.Read(File);
        Assert.Equal(["a.weight", "a.bias", "empty"], tensors.Keys);
        Assert.Equal([2, 3], tensors["a.weight"].Shape);
        Assert.Equal([1, -2.5f, 3, float.NaN, 5, 6], tensors["a.weight"].Values);
        Assert.Equal([7f], tensors["a.bias"].Values);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(40)]
    [InlineData(-1)]
    public void A_cut_file_is_named(int length)
    {
        Write();
        var bytes = System.IO.File.ReadAllBytes(File);
        System.IO.File.WriteAllBytes(File, length < 0 ? bytes[..^1] : bytes[..length]);
        Assert.Contains(File, Assert.Throws<DataException>(() => SafeTensors.Read(File)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_type_is_named()
    {
        Write();
        var text = Encoding.Latin1.GetString(System.IO.File.ReadAllBytes(File)).Replace("\"F32\"", "\"F16\"", StringComparison.Ordinal);
        System.IO.File.WriteAllBytes(File, Encoding.Latin1.GetBytes(text));
        Assert.Contains("a.weight has type F16", Assert.Throws<DataException>(() => SafeTensors.Read(File)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_occurs_once_and_values_fill_the_shape()
    {
        Assert.Throws<ArgumentException>(() => SafeTensors.Write(File, [new NamedTensor("a", [2], [1f])]));
        Assert.Throws<ArgumentException>(() => SafeTensors.Write(File, [new NamedTensor("a", [1], [1f]), new NamedTensor("a", [1], [1f])]));
        Assert.False(System.IO.File.Exists(File));
    }

    private void Write() => SafeTensors.Write(
        File,
        [new NamedTensor("a.weight", [2, 3], [1, -2.5f, 3, float.NaN, 5, 6]), new NamedTensor("a.bias", [1], [7]), new NamedTensor("empty", [0, 4], [])],
        new Dictionary<string, string> { ["architecture"] = "pooling=sum" });
}
