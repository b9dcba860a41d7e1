using System.IO.Compression;
using System.Text;
using AutoTower.Search.Data;

namespace AutoTower.Search.Tests.Data;

/// <summary>Yelp and Amazon Books from small files in the published formats.</summary>
public sealed class ReviewDataTests : IDisposable
{
    private const string YelpReviews = "yelp_academic_dataset_review.json";
    private const string YelpBusinesses = "yelp_academic_dataset_business.json";
    private const string YelpUsers = "yelp_academic_dataset_user.json";
    private readonly DataFolder _folder = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void YelpIsReadWithAllItsFields()
    {
        WriteYelp();
        var data = Load("yelp", users: 2, items: 2);
        Assert.Equal(["", "ann", "bob"], data.UserKeys);
        Assert.Equal(["", "cafe", "bar"], data.ItemKeys);
        Assert.Equal(["", "Café Zoë", "Bar"], data.ItemTitles!);

        // By date, not by line: ann bar 2015, cafe 2016; bob cafe 2014, bar 2020.
        Assert.Equal([2, 1, 1, 2], data.Interactions.Items);
        Assert.Equal(["user", "review count", "member since", "useful", "funny", "cool"], data.Users.Fields.Select(field => field.Name));
        Assert.Equal(["business", "city", "state", "stars", "review count", "open"], data.Items.Fields.Select(field => field.Name));

        // bob joined before ann, wrote more, and is less useful; both are equally funny.
        Assert.Equal([0, 1, 2], data.Users.Fields[1].Values);
        Assert.Equal([0, 2, 1], data.Users.Fields[2].Values);
        Assert.Equal([0, 2, 1], data.Users.Fields[3].Values);
        Assert.Equal([0, 1, 1], data.Users.Fields[4].Values);
        Assert.Equal([0, 1, 1], data.Items.Fields[1].Values);
        Assert.Equal([0, 2, 1], data.Items.Fields[3].Values);
        Assert.Equal((40, 6), (data.HistoryLength, data.HistoryFields.Count));
        Assert.Empty(_warnings);
    }

    [Fact]
    public void CompressedFilesAreTheSameData()
    {
        WriteYelp();
        var expected = DatasetDigest.Of(Load("yelp", 1, 1));
        foreach (var file in Directory.GetFiles(_folder.Root))
        {
            Compress(file);
        }

        Assert.Equal(expected, DatasetDigest.Of(Load("yelp", 1, 1)));
    }

    [Fact]
    public void WithoutUsersTheirFeaturesAreUnknownAndItIsSaid()
    {
        WriteYelp();
        File.Delete(_folder.PathOf(YelpUsers));
        var data = Load("yelp", 1, 1);
        Assert.All(data.Users.Fields.Skip(1), field => Assert.Equal(1, field.Cardinality));
        Assert.Equal([$"{_folder.Root} has no {YelpUsers}, so the features in it are unknown."], _warnings);
    }

    [Fact]
    public void TheDefaultThresholdsAreThoseOfTheSpecification()
    {
        WriteYelp();
        Assert.Equal(
            "Of the 5 interactions of yelp none is left, as no users with 20 records or more share items with 20 or more; lower --min-user-records "
            + "or --min-item-records.",
            Failure(() => Load("yelp", null, null)));
        WriteAmazon();
        Assert.Contains("with 20 records or more share items with 10 or more", Failure(() => Load("amazon-books", null, null)), StringComparison.Ordinal);
    }

    [Fact]
    public void AmazonIsReadWithPricesOfBothYears()
    {
        WriteAmazon();
        var data = Load("amazon-books", 1, 1);
        Assert.Equal(["", "A1", "A2"], data.UserKeys);
        Assert.Equal(["", "B1", "B2", "B3", "B4", "B5"], data.ItemKeys);
        Assert.Equal([2, 1, 3, 4, 5], data.Interactions.Items);
        Assert.Equal(["", "One", "Two", "It's three", "", "Five"], data.ItemTitles!);

        // 12.99, 1,012.50, 4.0, a range from 5, and a piece of a web page.
        Assert.Equal([0, 3, 4, 1, 2, 0], data.Items.Fields[1].Values);
        Assert.Equal((50, 2, 1), (data.HistoryLength, data.HistoryFields.Count, data.Users.Fields.Count));
    }

    [Theory]
    [InlineData("meta_Books.json", "{\"asin\": \"B1\"}\n{\"asin\": ", "meta_Books.json line 2: the line is no valid JSON object.")]
    [InlineData("meta_Books.json", "{\"asin\": \"B1\"} x\n", "meta_Books.json line 1: the line is no valid JSON object.")]
    [InlineData("meta_Books.json", "{'asin': 'B1', 'price': \n", "meta_Books.json line 1: the line is no valid JSON object.")]
    [InlineData("Books_5.json", "", "Books_5.json has no row, but should have rows of reviewerID, asin, unixReviewTime.")]
    [InlineData("Books_5.json", "[1]\n", "Books_5.json line 1: the line is no valid JSON object.")]
    [InlineData("Books_5.json", "{\"reviewerID\": \"A\", \"asin\": \"B\"}\n", "Books_5.json line 1: unixReviewTime is empty.")]
    [InlineData("Books_5.json", "\n{\"reviewerID\": {\"a\": 1}, \"asin\": \"B\", \"unixReviewTime\": 1}\n", "Books_5.json line 2: reviewerID is empty.")]
    [InlineData("Books_5.json", "{\"reviewerID\": \"A\", \"asin\": \"B\", \"unixReviewTime\": \"yesterday\"}\n", "Books_5.json line 1: unixReviewTime 'yesterday' is neither a number nor a date such as 2024-05-31 or 2024-05-31T18:30:00.")]
    public void DamageIsNamedWithFileAndLine(string file, string text, string message)
    {
        WriteAmazon();
        _folder.Write(file, text);
        Assert.Equal(message, Failure(() => Load("amazon-books", 1, 1)));
    }

    [Fact]
    public void OtherEncodingsAreNamed()
    {
        WriteAmazon();
        File.WriteAllText(_folder.PathOf("Books_5.json"), "{\"reviewerID\": \"A\"}", Encoding.Unicode);
        Assert.Equal("Books_5.json line 1: the line is no valid JSON object.", Failure(() => Load("amazon-books", 1, 1)));
        _folder.WriteBytes("Books_5.json", Encoding.Latin1.GetBytes("{\"reviewerID\": \"é\", \"asin\": \"B\", \"unixReviewTime\": 1}"));
        Assert.Equal("Books_5.json line 1: the line is no valid JSON object.", Failure(() => Load("amazon-books", 1, 1)));
    }

    [Fact]
    public void DamagedCompressionIsNamed()
    {
        WriteAmazon();
        _folder.Write("Books_5.json", string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{{\"reviewerID\": \"A{i % 97}\", \"asin\": \"B{i * 31 % 89}\", \"unixReviewTime\": {i}}}\n")));
        Compress(_folder.PathOf("Books_5.json"));
        var path = _folder.PathOf("Books_5.json.gz");
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 0xFF;
        bytes[(bytes.Length / 2) + 1] ^= 0xFF;
        File.WriteAllBytes(path, bytes);
        Assert.StartsWith("Books_5.json.gz line ", Failure(() => Load("amazon-books", 1, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void MissingFilesADirectoryAndAFileInPlaceOfTheFolderAreNamed()
    {
        Assert.Equal(
            $"yelp needs {YelpReviews} and {YelpBusinesses} as published by Yelp at https://www.yelp.com/dataset, but none of these is in {_folder.Root} "
            + $"or {_folder.PathOf("yelp")}.",
            Failure(() => Load("yelp", 1, 1)));
        WriteYelp();
        File.Delete(_folder.PathOf(YelpBusinesses));
        Assert.EndsWith($"but {YelpBusinesses} is missing in {_folder.Root}.", Failure(() => Load("yelp", 1, 1)), StringComparison.Ordinal);
        Directory.CreateDirectory(_folder.PathOf(YelpBusinesses));
        Assert.Equal($"{_folder.PathOf(YelpBusinesses)} is a directory, but a file is expected there.", Failure(() => Load("yelp", 1, 1)));
    }

    [Fact]
    public void AUserTwiceIsNamed()
    {
        WriteYelp();
        File.AppendAllText(_folder.PathOf(YelpUsers), "{\"user_id\": \"ann\"}\n");
        Assert.Equal($"{YelpUsers} line 4: user 'ann' stands in an earlier row already.", Failure(() => Load("yelp", 1, 1)));
    }

    private static string Failure(Func<Dataset> load) => Assert.Throws<DataException>(load).Message;

    private static void Compress(string path)
    {
        using (var target = new GZipStream(File.Create(path + ".gz"), CompressionLevel.Fastest))
        {
            target.Write(File.ReadAllBytes(path));
        }

        File.Delete(path);
    }

    private Dataset Load(string name, int? users, int? items) => DatasetPresets.Load(
        name,
        _folder.Root,
        null,
        new PreparationOptions { MinimumUserRecords = users, MinimumItemRecords = items, UseCache = false, Warning = _warnings.Add });

    private void WriteYelp()
    {
        _folder.Write(
            YelpReviews,
            """
            {"review_id":"r1","user_id":"ann","business_id":"cafe","stars":5.0,"text":"Good.\nReally \"good\" {","date":"2016-03-09 00:56:34"}
            {"review_id":"r2","user_id":"bob","business_id":"bar","stars":1.0,"text":"","date":"2020-01-01 10:00:00"}
            {"review_id":"r3","user_id":"ann","business_id":"bar","stars":3.0,"text":"","date":"2015-12-31 23:59:59"}
            {"review_id":"r4","user_id":"bob","business_id":"cafe","stars":3.0,"text":"","date":"2014-05-05"}
            {"review_id":"r5","user_id":"cid","business_id":"zoo","stars":3.0,"text":"","date":"2014-05-05 01:01:01"}

            """);
        _folder.Write(
            YelpBusinesses,
            """
            {"business_id":"unseen","name":"Unseen","city":"Rome","state":"AZ","stars":1.0,"review_count":9,"is_open":0}
            {"business_id":"bar","name":"Bar","city":"Tampa","state":"FL","stars":3.5,"review_count":12,"is_open":1,"attributes":{"city":"x"}}
            {"business_id":"cafe","name":"Caf\u00e9 Zoë","city":"Tampa","state":"FL","stars":4.5,"review_count":7,"is_open":0}

            """);
        _folder.Write(
            YelpUsers,
            """
            {"user_id":"ann","name":"Ann","review_count":3,"yelping_since":"2013-02-01 12:00:00","useful":9,"funny":2,"cool":0}
            {"user_id":"bob","name":"Bob","review_count":30,"yelping_since":"2004-10","useful":1,"funny":2,"cool":1}
            {"user_id":"stranger","name":"X","review_count":1,"yelping_since":"2020-10-01","useful":0,"funny":0,"cool":0}

            """);
    }

    private void WriteAmazon()
    {
        _folder.Write(
            "Books_5.json",
            """
            {"overall": 5.0, "reviewerID": "A1", "asin": "B1", "reviewText": "x", "unixReviewTime": 1400000100, "style": {"Format:": " Paperback"}}
            {"overall": 4.0, "reviewerID": "A1", "asin": "B2", "unixReviewTime": 1400000000}
            {"overall": 4.0, "reviewerID": "A1", "asin": "B3", "unixReviewTime": 1400000200}
            {"overall": 1.0, "reviewerID": "A2", "asin": "B4", "unixReviewTime": 5}
            {"overall": 1.0, "reviewerID": "A2", "asin": "B5", "unixReviewTime": 6}
            """);
        _folder.Write(
            "meta_Books.json",
            """
            {"asin": "B1", "title": "One", "price": "$12.99", "category": ["Books", "asin"]}
            {"asin": "B1", "title": "One again", "price": "$99.99"}
            {"asin": "B2", "title": "Two", "price": "$1,012.50"}
            {'asin': 'B3', 'title': "It's three", 'price': 4.0, 'related': {'also_bought': ['B1']}}
            {"asin": "B4", "price": "$5.00 - $10.00"}
            {"asin": "B5", "title": "Five", "price": ".a-box-inner{background-color:#fff}"}
            """);
    }
}
