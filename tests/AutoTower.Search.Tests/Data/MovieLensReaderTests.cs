using AutoTower.Search.Data;

namespace AutoTower.Search.Tests.Data;

public class MovieLensReaderTests
{
    [Fact]
    public void Small100KFilesBecomeDenseTablesInFileOrder()
    {
        using var folder = MovieLensFolder.Small100K();
        var data = DatasetPresets.Load("ml-100k", folder.Root);

        Assert.Equal("ml-100k", data.Name);
        Assert.Equal(20, data.HistoryLength);
        Assert.Equal(["", "1", "2", "3"], data.UserKeys);
        Assert.Equal(["", "10", "20", "30"], data.ItemKeys);
        Assert.Equal(["", "Les Misérables (1995)", "unknown", "Old (1898)"], data.ItemTitles!);
        Assert.Equal(["user", "age group", "gender", "occupation"], data.Users.Fields.Select(field => field.Name));
        Assert.Equal([0, 1, 2, 3], data.Users.Fields[0].Values);
        Assert.Equal([0, 4, 8, 2], data.Users.Fields[1].Values);
        Assert.Equal([0, 2, 1, 1], data.Users.Fields[2].Values);
        Assert.Equal([0, 2, 1, 1], data.Users.Fields[3].Values);
        Assert.Equal([4, 9, 3, 3], data.Users.Fields.Select(field => field.Cardinality));
        Assert.Equal(["movie", "year bucket", "genres"], data.Items.Fields.Select(field => field.Name));
        Assert.Equal([0, 9, 0, 1], data.Items.Fields[1].Values);
        Assert.True(data.Items.Fields[2].IsMultiValued);
        Assert.Equal([0, 0, 2, 3, 4], data.Items.Fields[2].Offsets);
        Assert.Equal([2, 3, 1, 3], data.Items.Fields[2].Values);
        Assert.Equal(4, data.Items.Fields[2].Cardinality);
        Assert.Equal([0, 1, 2], data.HistoryFields);
    }

    [Fact]
    public void InteractionsAreInTimeOrderAndEqualTimesKeepFileOrder()
    {
        using var folder = MovieLensFolder.Small100K();
        var log = DatasetPresets.Load("ml-100k", folder.Root).Interactions;
        Assert.Equal([0, 0, 3, 5, 5], log.Offsets);
        Assert.Equal([1, 1, 1, 2, 2], log.Users);
        Assert.Equal([1, 2, 3, 3, 1], log.Items);
    }

    [Fact]
    public void Small1MKeepsOnlyRatedMovies()
    {
        using var folder = MovieLensFolder.Small1M();
        var data = DatasetPresets.Load("ml-1m", folder.Root);

        Assert.Equal(["", "7", "9"], data.UserKeys);
        Assert.Equal(["", "3", "8", "4000"], data.ItemKeys);
        Assert.Equal(["", "Café (2000)", "No year", "Old (1919)"], data.ItemTitles!);
        Assert.Equal(["user", "age", "gender", "occupation"], data.Users.Fields.Select(field => field.Name));
        Assert.Equal([0, 1, 7], data.Users.Fields[1].Values);
        Assert.Equal([0, 1, 2], data.Users.Fields[2].Values);
        Assert.Equal([0, 11, 21], data.Users.Fields[3].Values);
        Assert.Equal([3, 8, 3, 22], data.Users.Fields.Select(field => field.Cardinality));
        Assert.Equal([0, 10, 0, 1], data.Items.Fields[1].Values);

        // Alphabetical: Comedy 1, Drama 2, War 3, Western 4; the published order within a movie stays, its first genre is the history's.
        Assert.Equal([3, 1, 1, 2, 3], data.Items.Fields[2].Values);
        Assert.Equal(5, data.Items.Fields[2].Cardinality);
        Assert.Equal([0, 3, 1, 2], Enumerable.Range(0, 4).Select(data.Items.Fields[2].FirstValue));
        Assert.Equal([0, 0, 3, 4], data.Interactions.Offsets);
        Assert.Equal([3, 2, 1, 3], data.Interactions.Items);
    }

    [Fact]
    public void WindowsLineEndsAndAMissingLastOneAreAccepted()
    {
        using var folder = MovieLensFolder.Small1M();
        var expected = DatasetPresets.Load("ml-1m", folder.Root);
        foreach (var file in Directory.GetFiles(folder.Root).Select(path => Path.GetFileName(path)))
        {
            folder.Write(file, folder.Read(file).TrimEnd('\n').Replace("\n", "\r\n"));
        }

        var actual = DatasetPresets.Load("ml-1m", folder.Root);
        Assert.Equal(expected.Interactions.Items, actual.Interactions.Items);
        Assert.Equal(expected.ItemTitles!, actual.ItemTitles!);
        Assert.Equal(expected.Items.Fields[2].Values, actual.Items.Fields[2].Values);
    }

    [Fact]
    public void GenresAreInRowOrderWhateverTheirNumbersSay()
    {
        using var folder = MovieLensFolder.Small100K();
        var expected = DatasetPresets.Load("ml-100k", folder.Root).Items.Fields[2];
        folder.Write("u.genre", "unknown|0\nDrama|118\nWar|2\n");
        var actual = DatasetPresets.Load("ml-100k", folder.Root).Items.Fields[2];
        Assert.Equal(expected.Values, actual.Values);
        Assert.Equal(expected.Cardinality, actual.Cardinality);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(7, 2)]
    [InlineData(8, 3)]
    [InlineData(16, 3)]
    [InlineData(17, 4)]
    [InlineData(29, 4)]
    [InlineData(30, 5)]
    [InlineData(49, 6)]
    [InlineData(50, 7)]
    [InlineData(59, 7)]
    [InlineData(60, 8)]
    [InlineData(99, 8)]
    public void AgeGroupsAreThoseOfTheSpecification(int age, int group) =>
        Assert.Equal(group, AutoTower.Search.Data.MovieLens.MovieLens100K.AgeGroup(age));

    [Theory]
    [InlineData(null, 0)]
    [InlineData(1899, 1)]
    [InlineData(1919, 1)]
    [InlineData(1920, 2)]
    [InlineData(1999, 9)]
    [InlineData(2000, 10)]
    public void YearBucketsAreThoseOfTheSpecification(int? year, int bucket) =>
        Assert.Equal(bucket, AutoTower.Search.Data.MovieLens.MovieFields.YearBucket(year));

    [Fact]
    public void ADirectoryAboveTheFilesIsFound()
    {
        using var folder = MovieLensFolder.Small1M();
        var inner = Directory.CreateDirectory(Path.Combine(folder.Root, "ml-1m")).FullName;
        foreach (var path in Directory.GetFiles(folder.Root))
        {
            File.Move(path, Path.Combine(inner, Path.GetFileName(path)));
        }

        Assert.Equal(4, DatasetPresets.Load("ml-1m", folder.Root).Interactions.Count);
    }
}
