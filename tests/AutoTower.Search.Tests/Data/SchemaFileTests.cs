using System.Text.Json;
using AutoTower.Search.Data;
using AutoTower.Search.Data.SchemaFiles;
using AutoTower.Tests.Files;
using ParquetSharp;

namespace AutoTower.Search.Tests.Data;

/// <summary>Own data by a schema file.</summary>
public sealed class SchemaFileTests : IDisposable
{
    private const string Interactions = """{"file": "clicks.csv", "user": "who", "item": "what", "time": "when", "weight": "r"}""";

    private const string Items =
        """{"file": "items.csv", "columns": {"id": "id", "price": {"type": "number", "bins": 2}, "tags": {"type": "multi-category", "separator": ";"}, "brand": {"type": "category", "name": "maker"}}, "title": "name"}""";

    private const string Users = """{"file": "users.csv", "columns": {"uid": "id", "country": "category"}}""";
    private readonly DataFolder _folder = new();

    public SchemaFileTests()
    {
        _folder.Write(
            "clicks.csv",
            "who,what,when,r,extra\nu1,\"i,1\",2024-03-01,1,x\nu1,i2,2024-01-01T10:00:00Z,0.5,x\nu2,i2,2024-01-01 11:00:00+02:00,2,\nu2,\"i,1\",2024-01-01 10:00,1,\n");
        _folder.Write(
            "items.csv",
            "id,price,tags,brand,name\ni2,10,a; b;a,acme,\"The \"\"second\"\"\"\n\"i,1\",,,,First\nunused,99,z,other,Unused\n");
        _folder.Write("users.csv", "uid,country\nu2,NL\nu1,\n");
        Schema(Interactions, $", \"items\": {Items}, \"users\": {Users}");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void CsvGivesEveryKindOfColumn()
    {
        var data = Load();
        Assert.Equal("shop", data.Name);
        Assert.Equal(["", "u1", "u2"], data.UserKeys);
        Assert.Equal(["", "i,1", "i2"], data.ItemKeys);
        Assert.Equal(["", "First", "The \"second\""], data.ItemTitles!);

        // In order of time: u1 i2, i1; u2's first click is at 09:00 UTC, the second at 10:00.
        Assert.Equal([2, 1, 2, 1], data.Interactions.Items);
        Assert.Equal([0.5f, 1, 2, 1], data.Interactions.Weights!);
        Assert.Equal(["user", "country"], data.Users.Fields.Select(field => field.Name));
        Assert.Equal([0, 0, 1], data.Users.Fields[1].Values);
        Assert.Equal(["item", "price", "tags", "maker"], data.Items.Fields.Select(field => field.Name));
        Assert.Equal([0, 0, 1], data.Items.Fields[1].Values);
        Assert.Equal([0, 0, 0, 2], data.Items.Fields[2].Offsets);
        Assert.Equal([1, 2], data.Items.Fields[2].Values);
        Assert.Equal([0, 0, 1], data.Items.Fields[3].Values);
        Assert.Equal([0, 1, 2, 3], data.HistoryFields);
        Assert.Equal(50, data.HistoryLength);
    }

    [Theory]
    [InlineData("gz")]
    [InlineData("tabs")]
    [InlineData("utf-16")]
    public void OtherFormsOfTheSameCsvGiveTheSameData(string form)
    {
        var expected = DatasetDigest.Of(Load());
        var text = File.ReadAllText(_folder.PathOf("items.csv"));
        var interactions = Interactions;
        switch (form)
        {
            case "gz":
                using (var target = new System.IO.Compression.GZipStream(File.Create(_folder.PathOf("items.csv.gz")), System.IO.Compression.CompressionLevel.Fastest))
                {
                    target.Write(File.ReadAllBytes(_folder.PathOf("items.csv")));
                }

                Schema(interactions, $", \"items\": {Items.Replace("items.csv", "items.csv.gz", StringComparison.Ordinal)}, \"users\": {Users}");
                break;
            case "tabs":
                // The separator is found out.
                _folder.Write("users.csv", "uid\tcountry\nu2\tNL\nu1\t\n");
                break;
            default:
                File.WriteAllText(_folder.PathOf("items.csv"), text, System.Text.Encoding.Unicode);
                break;
        }

        Assert.Equal(expected, DatasetDigest.Of(Load()));
    }

    [Fact]
    public void ParquetIsTheSameData()
    {
        var expected = Load();
        WriteParquet();
        Schema(
            Interactions.Replace(".csv", ".parquet", StringComparison.Ordinal),
            $", \"items\": {Items.Replace(".csv", ".parquet", StringComparison.Ordinal)}, \"users\": {Users}");
        var actual = Load();
        Assert.Equal(DatasetDigest.Of(expected), DatasetDigest.Of(actual));
        Assert.Equal(expected.ItemKeys, actual.ItemKeys);
        Assert.Equal(expected.ItemTitles!, actual.ItemTitles!);
    }

    [Fact]
    public void AParquetListIsAMultiCategoryAndNothingElse()
    {
        using (var items = new ParquetFileWriter(_folder.PathOf("lists.parquet"), [new Column<string>("id"), new Column<string[]>("tags")]))
        {
            using var group = items.AppendRowGroup();
            Column<string>(group, ["unused", "i2", "i,1"]);
            Column<string[]?>(group, [["z|y"], ["a|b", "c", "a|b"], null]);
            items.Close();
        }

        Schema(Interactions, """, "items": {"file": "lists.parquet", "columns": {"id": "id", "tags": "multi-category"}}""");
        var tags = Load().Items.Fields[1];
        Assert.Equal([0, 0, 0, 2], tags.Offsets);
        Assert.Equal([1, 2], tags.Values);
        Schema(Interactions, """, "items": {"file": "lists.parquet", "columns": {"id": "id", "tags": "category"}}""");
        Assert.Equal("lists.parquet row 2: tags is a list, which only a column of type multi-category may be.", Failure());
    }

    [Fact]
    public void WithoutTimesRowsAreInOrderAndWithoutWeightsAllCountOne()
    {
        Schema("""{"file": "clicks.csv", "user": "who", "item": "what"}""", "");
        var data = Load();
        Assert.Equal([1, 2, 2, 1], data.Interactions.Items);
        Assert.Null(data.Interactions.Weights);
        Assert.Equal((1, 1), (data.Users.Fields.Count, data.Items.Fields.Count));
    }

    [Fact]
    public void HistoryNameAndThresholdsAreTaken()
    {
        Schema(Interactions, $$""", "items": {{Items}}, "name": "my-shop", "history": {"length": 7, "fields": ["tags", "item"]}, "min-item-records": 2""");
        File.AppendAllText(_folder.PathOf("clicks.csv"), "u3,rare,2020-01-01,1,\n");
        var data = Load();
        Assert.Equal(("my-shop", 7), (data.Name, data.HistoryLength));
        Assert.Equal([2, 0], data.HistoryFields);
        Assert.Equal(3, data.Users.Count);
        Assert.Equal(["tags", "item"], DatasetPresets.Schema(_folder.PathOf("shop.json")).HistoryFields);
    }

    [Theory]
    [InlineData("""{"interaction": {}}""", "shop.json: interaction is not known; did you mean 'interactions'?")]
    [InlineData("""{}""", "shop.json: interactions is missing.")]
    [InlineData("""[]""", "shop.json should hold one JSON object.")]
    [InlineData("""{"name": "a", "name": "b"}""", "shop.json: name is given twice.")]
    [InlineData("""{"interactions": {"file": "a.csv", "usr": "u"}}""", "shop.json: interactions.usr is not known; did you mean 'user'?")]
    [InlineData("""{"interactions": {"user": "u"}}""", "shop.json: interactions.file is missing.")]
    [InlineData("""{"interactions": {"file": 3}}""", "shop.json: interactions.file should be text, not empty.")]
    [InlineData("""{"interactions": {"file": "a.txt", "format": "cvs"}}""", "shop.json: interactions.format takes csv, parquet, not 'cvs'; did you mean 'csv'?")]
    [InlineData("""{"interactions": {"file": "a.csv", "separator": "::"}}""", "shop.json: interactions.separator should be one ASCII character, not '::'.")]
    [InlineData("""{"interactions": {"file": "a.parquet", "separator": ";"}}""", "shop.json: interactions.separator belongs to CSV files, not to Parquet.")]
    [InlineData("""{"interactions": {"file": "clicks.csv", "item": "what"}}""", "shop.json: interactions.user is missing.")]
    [InlineData("""{"interactions": {"file": "a.csv"}, "min-user-records": 0}""", "shop.json: min-user-records should be a whole number from 1, not 0.")]
    [InlineData("""{"interactions": {"file": "a.csv"}, "history": {"fields": ["items"]}}""", "shop.json: history.fields has 'items', which is no item field; did you mean 'item'?")]
    [InlineData("""{"interactions": {"file": "a.csv"}, "history": {"fields": []}}""", "shop.json: history.fields should have at least one item field, and each once.")]
    [InlineData("""{"interactions": {"file": "a.csv"}, "history": {"length": 1.5}}""", "shop.json: history.length should be a whole number from 1, not 1.5.")]
    [InlineData("""{"interactions": {"file": "a.csv"}, "items": {"file": "b.csv"}}""", "shop.json: items.columns is missing.")]
    [InlineData("""{"interactions": {"file": "a.csv"}, "items": {"file": "b.csv", "columns": {"x": "category"}}}""", "shop.json: items should have exactly one column of type id.")]
    [InlineData("""{"interactions": {"file": "a.csv"}, "items": {"file": "b.csv", "columns": {"x": "catgory"}}}""", "shop.json: items.columns.x takes id, category, multi-category, number, not 'catgory'; did you mean 'category'?")]
    [InlineData("""{"interactions": {"file": "a.csv"}, "items": {"file": "b.csv", "columns": {"x": "id", "y": {"type": "category", "bins": 3}}}}""", "shop.json: items.columns.y.bins belongs to columns of type number, not of type category.")]
    [InlineData("""{"interactions": {"file": "a.csv"}, "items": {"file": "b.csv", "columns": {"x": "id", "item": "number"}}}""", "shop.json: items has two fields named 'item'; give one of them another \"name\".")]
    [InlineData("""{"interactions": {"file": "a.csv"}, "users": {"file": "b.csv", "columns": {"x": "id"}, "title": "y"}}""", "shop.json: users.title is not known; did you mean 'file'?")]
    [InlineData("""{"interactions": {"file": "a.csv"}, "name": "yelp"}""", "shop.json: name 'yelp' is that of a preset; give the data set another.")]
    [InlineData("""{"interactions": {"file": "a.csv"}, "name": "a/b"}""", "shop.json: name 'a/b' should have letters, digits, '-', '_' and '.' only, as run folders are named after it.")]
    public void WhatASchemaFileMayNotSayIsNamedWithItsKey(string schema, string message)
    {
        _folder.Write("shop.json", schema);
        Assert.Equal(message, Failure());
    }

    [Theory]
    [InlineData("clicks.csv", "", "clicks.csv is empty, but should have a header with who, what, when, r.")]
    [InlineData("clicks.csv", "who,what,when,r\n", "clicks.csv has no row, but should have rows of who, what, when, r.")]
    [InlineData("clicks.csv", "who,what,wen,r\na,b,1,1\n", "clicks.csv has no column 'when'; did you mean 'wen'? It has who, what, wen, r.")]
    [InlineData("clicks.csv", "who,what,when,r\na,b,1,1\na,b,1\n", "clicks.csv line 3: found 3 fields, but the header has 4.")]
    [InlineData("clicks.csv", "who,what,when,r\n\na,,1,1\n", "clicks.csv line 3: what is empty.")]
    [InlineData("clicks.csv", "who,what,when,r\na,b,soon,1\n", "clicks.csv line 2: when 'soon' is neither a number nor a date such as 2024-05-31 or 2024-05-31T18:30:00.")]
    [InlineData("clicks.csv", "who,what,when,r\na,b,NaN,1\n", "clicks.csv line 2: when is not a finite number.")]
    [InlineData("clicks.csv", "who,what,when,r\na,b,1,-1\n", "clicks.csv line 2: the weight -1 is negative.")]
    [InlineData("clicks.csv", "who,what,when,r\na,b,1,\n", "clicks.csv line 2: the weight is empty.")]
    [InlineData("clicks.csv", "who,what,when,r\na,b,1,1e400\n", "clicks.csv line 2: r '1e400' is not a number.")]
    [InlineData("clicks.csv", "who,what,when,r\na,\"b\"c,1,1\n", "clicks.csv line 2: the quotes are malformed; a field in quotes ends with one, and one within it is written twice.")]
    [InlineData("items.csv", "id,price,tags,brand,name\ni2,ten,,,\n", "items.csv line 2: price 'ten' is not a number.")]
    [InlineData("items.csv", "id,price,tags,brand,name\ni2,1,,,\ni2,1,,,\n", "items.csv line 3: item 'i2' stands in an earlier row already.")]
    public void BadRowsAreNamedWithFileRowAndField(string file, string text, string message)
    {
        _folder.Write(file, text);
        Assert.Equal(message, Failure());
    }

    [Fact]
    public void TextThatIsNotUtf8IsNamedWithItsLine()
    {
        _folder.WriteBytes("users.csv", [.. "uid,country\nu1,M"u8, 0xE9, .. "xico\n"u8]);
        Assert.Equal("users.csv line 2: country 'México' is not UTF-8 text.", Failure());
    }

    [Fact]
    public void MissingFilesAndDirectoriesInTheirPlaceAreNamed()
    {
        File.Delete(_folder.PathOf("users.csv"));
        Assert.Equal($"{_folder.PathOf("users.csv")} does not exist.", Failure());
        Directory.CreateDirectory(_folder.PathOf("users.csv"));
        Assert.Equal($"{_folder.PathOf("users.csv")} is a directory, but a file is expected there.", Failure());
        File.Delete(_folder.PathOf("shop.json"));
        Assert.Equal($"{_folder.PathOf("shop.json")} does not exist.", Failure());
    }

    [Fact]
    public void DamagedParquetIsNamed()
    {
        Schema(Interactions.Replace(".csv", ".parquet", StringComparison.Ordinal), "");
        _folder.Write("clicks.parquet", "who,what\n");
        Assert.StartsWith("clicks.parquet is no Parquet file, or damaged: ", Failure(), StringComparison.Ordinal);
        _folder.Write("clicks.parquet", "");
        Assert.StartsWith("clicks.parquet is no Parquet file, or damaged: ", Failure(), StringComparison.Ordinal);
        WriteParquet();
        Schema("""{"file": "clicks.parquet", "user": "whom", "item": "what"}""", "");
        Assert.Equal("clicks.parquet has no column 'whom'; did you mean 'who'? It has who, what, when, r.", Failure());
        Schema("""{"file": "clicks.parquet", "user": "who", "item": "what", "time": "who"}""", "");
        Assert.Equal("clicks.parquet row 1: who 'u1' is neither a number nor a date such as 2024-05-31 or 2024-05-31T18:30:00.", Failure());
    }

    [Fact]
    public void ThePublishedJsonSchemaHasTheKeysThatAreTaken()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(RepositoryFolder.PathOf("docs", "dataset.schema.json")));
        var root = document.RootElement;
        Assert.Equal(SchemaFile.RootKeys.Order(), Keys(root));
        Assert.Equal(SchemaFile.InteractionKeys.Order(), Keys(root.GetProperty("properties").GetProperty("interactions")));
        Assert.Equal(SchemaFile.HistoryKeys.Order(), Keys(root.GetProperty("properties").GetProperty("history")));
        Assert.Equal(EntityDescription.UserKeys.Order(), Keys(root.GetProperty("properties").GetProperty("users")));
        Assert.Equal(EntityDescription.ItemKeys.Order(), Keys(root.GetProperty("properties").GetProperty("items")));
        var column = root.GetProperty("$defs").GetProperty("columns").GetProperty("additionalProperties").GetProperty("anyOf")[1];
        Assert.Equal(ColumnDescription.Keys.Order(), Keys(column));
        Assert.Equal(
            ColumnDescription.Types, column.GetProperty("properties").GetProperty("type").GetProperty("enum").EnumerateArray().Select(type => type.GetString()!));
    }

    private static IEnumerable<string> Keys(JsonElement schema) =>
        schema.GetProperty("properties").EnumerateObject().Select(entry => entry.Name).Order();

    private void Schema(string interactions, string rest) => _folder.Write("shop.json", $"{{\"interactions\": {interactions}{rest}}}");

    private string Failure() => Assert.Throws<DataException>(Load).Message;

    private Dataset Load() =>
        DatasetPresets.Load(_folder.PathOf("shop.json"), null, null, new PreparationOptions { UseCache = false });

    /// <summary>The same tables by another implementation of the format: two row groups, dictionary encoding, Snappy, nulls.</summary>
    private void WriteParquet()
    {
        using (var file = new ParquetFileWriter(
            _folder.PathOf("clicks.parquet"),
            [new Column<string>("who"), new Column<string>("what"), new Column<DateTime>("when"), new Column<double?>("r")]))
        {
            Group(file, ["u1", "u1"], ["i,1", "i2"], [new DateTime(2024, 3, 1), new DateTime(2024, 1, 1, 10, 0, 0)], [1, 0.5]);
            Group(file, ["u2", "u2"], ["i2", "i,1"], [new DateTime(2024, 1, 1, 9, 0, 0), new DateTime(2024, 1, 1, 10, 0, 0)], [2, 1]);
            file.Close();
        }

        using var items = new ParquetFileWriter(
            _folder.PathOf("items.parquet"),
            [new Column<string>("id"), new Column<int?>("price"), new Column<string?>("tags"), new Column<string?>("brand"), new Column<string>("name")]);
        using var group = items.AppendRowGroup();
        Column<string>(group, ["i2", "i,1", "unused"]);
        Column<int?>(group, [10, null, 99]);
        Column<string?>(group, ["a; b;a", null, "z"]);
        Column<string?>(group, ["acme", null, "other"]);
        Column<string>(group, ["The \"second\"", "First", "Unused"]);
        group.Close();
        items.Close();
    }

    private static void Group(ParquetFileWriter file, string[] who, string[] what, DateTime[] when, double?[] weight)
    {
        using var group = file.AppendRowGroup();
        Column(group, who);
        Column(group, what);
        Column(group, when);
        Column(group, weight);
        group.Close();
    }

    private static void Column<T>(RowGroupWriter group, T[] values)
    {
        using var writer = group.NextColumn().LogicalWriter<T>();
        writer.WriteBatch(values);
    }
}
