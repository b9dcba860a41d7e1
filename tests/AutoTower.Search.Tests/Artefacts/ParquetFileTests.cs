using AutoTower.Search.Artefacts;
using ParquetSharp;

namespace AutoTower.Search.Tests.Artefacts;

/// <summary>Files are read back with Apache Arrow's reader, the one behind pandas.</summary>
public sealed class ParquetFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("autotower-parquet-");

    private string File => Path.Combine(_folder.FullName, "vectors.parquet");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(0, 64)]
    [InlineData(1, 1)]
    [InlineData(3, 64)]
    [InlineData(4097, 5)] // two pages
    [InlineData(140_001, 2)] // three row groups
    public void Arrow_reads_what_was_written(int rows, int columns)
    {
        var ids = Enumerable.Range(0, rows).Select(row => $"Zoë-{row}").ToArray();
        var values = Enumerable.Range(0, rows * columns).Select(i => (i - 7) / 3f).ToArray();
        ParquetFile.Write(File, ids, columns, values);

        using var reader = new ParquetFileReader(File);
        Assert.Equal(rows, reader.FileMetaData.NumRows);
        var readIds = new List<string>();
        var readValues = new List<float>();
        for (var i = 0; i < reader.FileMetaData.NumRowGroups; i++)
        {
            using var group = reader.RowGroup(i);
            var count = checked((int)group.MetaData.NumRows);
            readIds.AddRange(group.Column(0).LogicalReader<string>().ReadAll(count));
            var vectors = group.Column(1).LogicalReader<float[]>().ReadAll(count);
            Assert.All(vectors, vector => Assert.Equal(columns, vector.Length));
            readValues.AddRange(vectors.SelectMany(vector => vector));
        }

        Assert.Equal(ids, readIds);
        Assert.Equal(values, readValues);
    }

    [Fact]
    public void The_schema_names_id_and_vector()
    {
        ParquetFile.Write(File, ["a"], 2, new float[] { 1, 2 });
        using var reader = new ParquetFileReader(File);
        Assert.Equal(["id", "vector.list.element"], Enumerable.Range(0, 2).Select(i => reader.FileMetaData.Schema.Column(i).Path.ToDotString()));
        Assert.Equal(LogicalTypeEnum.String, reader.FileMetaData.Schema.Column(0).LogicalType.Type);
    }

    [Fact]
    public void Values_must_fill_the_shape() => Assert.Throws<ArgumentException>(() => ParquetFile.Write(File, ["a"], 2, new float[3]));
}
