using System.Text;
using AutoTower.Search.Data;

namespace AutoTower.Search.Tests.Data;

/// <summary>Every kind of damage gives one sentence that names file and line.</summary>
public class MalformedFileTests
{
    [Theory]
    [InlineData("u.data", "1\t10\t3\t100\n1\t10\t3\n", "u.data line 2: found 3 fields, expected 4 (user, movie, rating, timestamp) separated by tab.")]
    [InlineData("u.data", "1\t10\t3\t100\t\n", "u.data line 1: found 5 fields, expected 4 (user, movie, rating, timestamp) separated by tab.")]
    [InlineData("u.data", "1\t10\t3\t1\n\n1\t20\t3\t2\n", "u.data line 2: the line is empty, expected 4 (user, movie, rating, timestamp) separated by tab.")]
    [InlineData("u.data", "x\t10\t3\t100\n", "u.data line 1: user 'x' is not a whole number.")]
    [InlineData("u.data", "-1\t10\t3\t100\n", "u.data line 1: user '-1' is not a whole number.")]
    [InlineData("u.data", "1\t\t3\t100\n", "u.data line 1: movie '' is not a whole number.")]
    [InlineData("u.data", "1\t10\t3.5\t100\n", "u.data line 1: rating '3.5' is not a whole number.")]
    [InlineData("u.data", "1\t10\t6\t100\n", "u.data line 1: rating 6 is not in 0 .. 5.")]
    [InlineData("u.data", "1\t10\t3\t1e9\n", "u.data line 1: timestamp '1e9' is not a whole number.")]
    [InlineData("u.data", "1\t10\t3\t9999999999999999999\n", "u.data line 1: timestamp '9999999999999999999' is not a whole number.")]
    [InlineData("u.data", "0\t10\t3\t1\n", "u.data line 1: user 0 is not in 1 .. 2147483647.")]
    [InlineData("u.data", "1\t10\t3\t1\n4\t10\t3\t1\n", "u.data line 2: user 4 is not in u.user.")]
    [InlineData("u.data", "1\t11\t3\t1\n", "u.data line 1: movie 11 is not in u.item.")]
    [InlineData("u.data", "", "u.data is empty, but should have rows of user, movie, rating, timestamp.")]
    [InlineData("u.data", "\n\n", "u.data is empty, but should have rows of user, movie, rating, timestamp.")]
    [InlineData("u.user", "1|24|X|writer|85711\n", "u.user line 1: gender 'X' is neither M nor F.")]
    [InlineData("u.user", "1|24|M|pilot|85711\n", "u.user line 1: occupation 'pilot' is not in u.occupation.")]
    [InlineData("u.user", "1|24|M|writer|1\n1|24|M|writer|1\n", "u.user line 2: user 1 stands in an earlier line already.")]
    [InlineData("u.user", "1|200|M|writer|1\n", "u.user line 1: age 200 is not in 0 .. 150.")]
    [InlineData("u.item", "10|A|1995|||0|1|1\n", "u.item line 1: release date '1995' is not of the form 01-Jan-1995.")]
    [InlineData("u.item", "10|A||||0|1|2\n", "u.item line 1: War 2 is not in 0 .. 1.")]
    [InlineData("u.item", "10|A||||0|1\n", "u.item line 1: found 7 fields, expected 8 (movie, title, release date, video release date, IMDb URL, unknown, Drama, War) separated by |.")]
    [InlineData("u.genre", "unknown|0\nDrama|one\n", "u.genre line 2: number 'one' is not a whole number.")]
    [InlineData("u.occupation", "artist\nartist\n", "u.occupation line 2: occupation 'artist' stands in an earlier line already.")]
    public void Small100K(string file, string text, string message)
    {
        using var folder = MovieLensFolder.Small100K();
        folder.Write(file, text);
        Assert.Equal(message, Failure("ml-100k", folder.Root));
    }

    [Theory]
    [InlineData("ratings.dat", "7::8::5\n", "ratings.dat line 1: found 3 fields, expected 4 (user, movie, rating, timestamp) separated by ::.")]
    [InlineData("ratings.dat", "7:8:5:1\n", "ratings.dat line 1: found 1 fields, expected 4 (user, movie, rating, timestamp) separated by ::.")]
    [InlineData("ratings.dat", "7::8::5::1\n8::8::5::1\n", "ratings.dat line 2: user 8 is not in users.dat.")]
    [InlineData("ratings.dat", "7::9::5::1\n", "ratings.dat line 1: movie 9 is not in movies.dat.")]
    [InlineData("ratings.dat", "", "ratings.dat is empty, but should have rows of user, movie, rating, timestamp.")]
    [InlineData("users.dat", "7::F::2::10::1\n", "users.dat line 1: age 2 is not one of the codes 1, 18, 25, 35, 45, 50, 56.")]
    [InlineData("users.dat", "7::F::1::21::1\n", "users.dat line 1: occupation 21 is not in 0 .. 20.")]
    [InlineData("users.dat", "7::f::1::1::1\n", "users.dat line 1: gender 'f' is neither M nor F.")]
    [InlineData("movies.dat", "3::A (2000)::War||Drama\n", "movies.dat line 1: genres 'War||Drama' are not names separated by |.")]
    [InlineData("movies.dat", "3::A::War\n3::B::War\n", "movies.dat line 2: movie 3 stands in an earlier line already.")]
    public void Small1M(string file, string text, string message)
    {
        using var folder = MovieLensFolder.Small1M();
        folder.Write(file, text);
        Assert.Equal(message, Failure("ml-1m", folder.Root));
    }

    [Fact]
    public void Utf8InALatin1FileIsNamedWithItsLine()
    {
        using var folder = MovieLensFolder.Small1M();
        folder.WriteBytes("movies.dat", Encoding.UTF8.GetBytes("3::Plain (2000)::War\n8::Café (2000)::War\n4000::Old::War\n"));
        Assert.Equal(
            "movies.dat line 2: title 'Café (2000)' is UTF-8, but the published file is Latin-1 (ISO-8859-1).", Failure("ml-1m", folder.Root));
    }

    [Theory]
    [InlineData("utf-16", "u.data line 1: the file is UTF-16, but the published file is Latin-1 (ISO-8859-1) text.")]
    [InlineData("utf-8", "u.data line 1: the file is UTF-8 with a byte order mark, but the published file is Latin-1 (ISO-8859-1) text.")]
    public void ByteOrderMarksAreNamed(string encoding, string message)
    {
        using var folder = MovieLensFolder.Small100K();
        File.WriteAllText(Path.Combine(folder.Root, "u.data"), folder.Read("u.data"), Encoding.GetEncoding(encoding));
        Assert.Equal(message, Failure("ml-100k", folder.Root));
    }

    [Fact]
    public void ZeroBytesAreNamedWithTheirLine()
    {
        using var folder = MovieLensFolder.Small100K();
        folder.Write("u.data", "1\t10\t3\t100\n1\t2\0\t3\t100\n");
        Assert.Equal(
            "u.data line 2: the file is UTF-16 or binary, but the published file is Latin-1 (ISO-8859-1) text.", Failure("ml-100k", folder.Root));
    }

    [Fact]
    public void MissingFilesAreNamedWithTheirPublisher()
    {
        using var folder = MovieLensFolder.Small1M();
        File.Delete(Path.Combine(folder.Root, "users.dat"));
        Assert.Equal(
            "ml-1m needs ratings.dat, users.dat and movies.dat as published by GroupLens at https://grouplens.org/datasets/movielens/1m/, but "
            + $"users.dat is missing in {folder.Root}.",
            Failure("ml-1m", folder.Root));
        Assert.Equal(
            "ml-100k needs u.data, u.user, u.item, u.genre and u.occupation as published by GroupLens at "
            + $"https://grouplens.org/datasets/movielens/100k/, but none of these is in {folder.Root} or {Path.Combine(folder.Root, "ml-100k")}.",
            Failure("ml-100k", folder.Root));
    }

    [Fact]
    public void AFileGivenForTheDirectoryIsNamed()
    {
        using var folder = MovieLensFolder.Small1M();
        var file = Path.Combine(folder.Root, "users.dat");
        Assert.Equal(
            $"{file} is a file, but the directory with ratings.dat, users.dat and movies.dat is expected.", Failure("ml-1m", file));
    }

    [Fact]
    public void ADirectoryInPlaceOfAFileIsNamed()
    {
        using var folder = MovieLensFolder.Small100K();
        var path = Path.Combine(folder.Root, "u.item");
        File.Delete(path);
        Directory.CreateDirectory(path);
        Assert.Equal($"{path} is a directory, but a file is expected there.", Failure("ml-100k", folder.Root));
    }

    private static string Failure(string name, string directory) =>
        Assert.Throws<DataException>(() => DatasetPresets.Load(name, directory)).Message;
}
