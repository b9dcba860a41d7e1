using System.Buffers.Binary;
using System.Text;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Data;

namespace AutoTower.Search.Tests.Artefacts;

public sealed class NpyFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("autotower-npy-");

    private string File => Path.Combine(_folder.FullName, "vectors.npy");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The layout that NumPy's format page prescribes for version 1.0, read without the reader under test.</summary>
    [Theory]
    [InlineData(3, 2)]
    [InlineData(1, 64)]
    [InlineData(0, 64)]
    [InlineData(1_234_567, 1)]
    public void The_bytes_are_those_of_the_format(int rows, int columns)
    {
        var values = Enumerable.Range(0, rows * columns).Select(i => i / 3f).ToArray();
        NpyFile.Write(File, rows, columns, values);
        var bytes = System.IO.File.ReadAllBytes(File);
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0], bytes[..8]);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        Assert.Equal(0, (10 + length) % 64);
        var header = Encoding.ASCII.GetString(bytes, 10, length);
        Assert.Equal($"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}", header.TrimEnd());
        Assert.EndsWith("\n", header, StringComparison.Ordinal);
        Assert.Equal(10 + length + (values.Length * 4), bytes.Length);
        Assert.All(
            new[] { 0, values.Length / 2, values.Length - 1 }.Where(i => i >= 0 && i < values.Length),
            i => Assert.Equal(values[i], BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(10 + length + (i * 4)))));
    }

    [Fact]
    public void What_was_written_is_read()
    {
        float[] values = [1, -2.5f, float.NaN, float.PositiveInfinity, 0, 1e-30f];
        NpyFile.Write(File, 3, 2, values);
        var (rows, columns, read) = NpyFile.Read(File);
        Assert.Equal((3, 2), (rows, columns));
        Assert.Equal(values, read);
    }

    [Fact]
    public void Values_must_fill_the_shape() => Assert.Throws<ArgumentException>(() => NpyFile.Write(File, 2, 2, new float[5]));

    [Theory]
    [InlineData(4, "cut within its header")]
    [InlineData(64, "cut within its header")]
    [InlineData(140, "do not fill 3 rows of 2")]
    public void A_cut_file_is_named(int length, string expected)
    {
        NpyFile.Write(File, 3, 2, new float[6]);
        System.IO.File.WriteAllBytes(File, System.IO.File.ReadAllBytes(File)[..length]);
        var failure = Assert.Throws<DataException>(() => NpyFile.Read(File));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains(File, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'<f4'", "'<f8'")]
    [InlineData("False", "True ")]
    public void Another_type_or_order_is_refused(string from, string to)
    {
        NpyFile.Write(File, 3, 2, new float[6]);
        var text = Encoding.Latin1.GetString(System.IO.File.ReadAllBytes(File)).Replace(from, to, StringComparison.Ordinal);
        System.IO.File.WriteAllBytes(File, Encoding.Latin1.GetBytes(text));
        var failure = Assert.Throws<DataException>(() => NpyFile.Read(File));
        Assert.Contains("no float32 matrix in C order", failure.Message, StringComparison.Ordinal);
    }
}
