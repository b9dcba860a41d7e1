using System.Text;
using AutoTower.Search.Data;

namespace AutoTower.Search.Tests.Data;

public sealed class SequenceFileTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public SequenceFileTests()
    {
        _folder.Write("Beauty.txt", "7 30 10 30\n2 20\t10\r\n9 40\n");
        _folder.Write("Beauty_item2attributes.json", """{"10": [5, 900, 5], "30": [900], "20": [], "77": [1]}""");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void UsersAndItemsAreInOrderOfOccurrenceAndHistoriesInOrderOfTheLine()
    {
        var data = DatasetPresets.Load("beauty", _folder.Root);
        Assert.Equal(["", "7", "2", "9"], data.UserKeys);
        Assert.Equal(["", "30", "10", "20", "40"], data.ItemKeys);
        Assert.Equal([0, 0, 3, 5, 6], data.Interactions.Offsets);
        Assert.Equal([1, 2, 1, 3, 2, 4], data.Interactions.Items);
        Assert.Equal((50, "beauty"), (data.HistoryLength, data.Name));
        Assert.Equal([0, 1], data.HistoryFields);
    }

    [Fact]
    public void AttributesAreASetPerItemAndTheFirstGoesIntoHistories()
    {
        var attributes = DatasetPresets.Load("beauty", _folder.Root).Items.Fields[1];
        Assert.Equal(("attributes", 3, true), (attributes.Name, attributes.Cardinality, attributes.IsMultiValued));
        Assert.Equal([0, 0, 1, 3, 3, 3], attributes.Offsets);
        Assert.Equal([2, 1, 2], attributes.Values);
        Assert.Equal([0, 2, 1, 0, 0], Enumerable.Range(0, 5).Select(attributes.FirstValue));
    }

    [Fact]
    public void AFileByItsPathNeedsNoAttributes()
    {
        _folder.Write("Toys.txt", "1 2 3\n");
        var toys = DatasetPresets.Load(_folder.PathOf("Toys.txt"), null);
        Assert.Equal("Toys", toys.Name);
        Assert.Equal(["item"], toys.Items.Fields.Select(field => field.Name));
        Assert.Equal(["item"], DatasetPresets.Schema(_folder.PathOf("Toys.txt")).HistoryFields);
        Assert.Equal(["item", "attributes"], DatasetPresets.Load(_folder.PathOf("Beauty.txt"), null).Items.Fields.Select(field => field.Name));
    }

    [Theory]
    [InlineData("Beauty.txt", "", "Beauty.txt is empty, but should have lines of a user and its items.")]
    [InlineData("Beauty.txt", "1 2\n\n3 4\n", "Beauty.txt line 2: the line is empty, expected a user and its items, separated by spaces.")]
    [InlineData("Beauty.txt", "1 2\n3\n", "Beauty.txt line 2: user 3 has no item.")]
    [InlineData("Beauty.txt", "1 2\n1 3\n", "Beauty.txt line 2: user 1 stands in an earlier line already.")]
    [InlineData("Beauty.txt", "1 2\n3 0\n", "Beauty.txt line 2: item '0' is not a whole number from 1 on.")]
    [InlineData("Beauty.txt", "1 2\n3 4,5\n", "Beauty.txt line 2: item '4,5' is not a whole number from 1 on.")]
    [InlineData("Beauty.txt", "u1 2\n", "Beauty.txt line 1: user 'u1' is not a whole number from 1 on.")]
    [InlineData("Beauty_item2attributes.json", "[]", "Beauty_item2attributes.json: a JSON object from items to lists of attributes is expected.")]
    [InlineData("Beauty_item2attributes.json", """{"x": [1]}""", "Beauty_item2attributes.json: the key 'x' is not an item, a whole number from 1 on.")]
    [InlineData("Beauty_item2attributes.json", """{"10": 1}""", "Beauty_item2attributes.json: item 10 has no list of attributes.")]
    [InlineData("Beauty_item2attributes.json", """{"10": [1, "b"]}""", "Beauty_item2attributes.json: item 10 has the attribute \"b\", which is not a whole number.")]
    [InlineData("Beauty_item2attributes.json", """{"10": [1], "10": [2]}""", "Beauty_item2attributes.json: item 10 stands there twice.")]
    public void DamageIsNamedWithFileAndLine(string file, string text, string message)
    {
        _folder.Write(file, text);
        Assert.Equal(message, Failure());
    }

    [Fact]
    public void JsonThatEndsEarlyIsNamedWithItsPlace()
    {
        _folder.Write("Beauty_item2attributes.json", "{\"10\": [1,");
        Assert.StartsWith("Beauty_item2attributes.json: the file is no valid JSON: ", Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public void OtherEncodingsAreNamed()
    {
        File.WriteAllText(_folder.PathOf("Beauty.txt"), "1 2\n", Encoding.Unicode);
        Assert.Equal("Beauty.txt line 1: the file is UTF-16, but plain ASCII text is expected.", Failure());
    }

    [Fact]
    public void AMissingFileAndADirectoryInItsPlaceAreNamed()
    {
        File.Delete(_folder.PathOf("Beauty_item2attributes.json"));
        Assert.EndsWith($"but Beauty_item2attributes.json is missing in {_folder.Root}.", Failure(), StringComparison.Ordinal);
        Directory.CreateDirectory(_folder.PathOf("Beauty_item2attributes.json"));
        Assert.Equal($"{_folder.PathOf("Beauty_item2attributes.json")} is a directory, but a file is expected there.", Failure());
        var missing = _folder.PathOf("Gone.txt");
        Assert.Equal($"{missing} does not exist.", Assert.Throws<DataException>(() => DatasetPresets.Load(missing, null)).Message);
    }

    private string Failure() => Assert.Throws<DataException>(() => DatasetPresets.Load("beauty", _folder.Root)).Message;
}
