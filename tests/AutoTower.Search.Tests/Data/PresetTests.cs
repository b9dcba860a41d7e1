using AutoTower.Search.Data;
using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Tests.Data;

public class PresetTests
{
    [Theory]
    [InlineData("ml-100k", 4, 3, 3, 20)]
    [InlineData("ml-1m", 4, 3, 3, 20)]
    [InlineData("yelp", 6, 6, 6, 40)]
    [InlineData("amazon-books", 1, 2, 2, 50)]
    [InlineData("synthetic", 3, 3, 3, 20)]
    [InlineData("beauty", 1, 2, 2, 50)]
    [InlineData("lastfm", 1, 2, 2, 50)]
    [InlineData("sports", 1, 2, 2, 50)]
    public void SchemasAreThoseOfTheSpecification(string name, int userFields, int itemFields, int historyFields, int historyLength)
    {
        var schema = DatasetPresets.Schema(name);
        Assert.Equal(name, schema.Name);
        Assert.Equal(userFields, schema.UserFields.Count);
        Assert.Equal(itemFields, schema.ItemFields.Count);
        Assert.Equal(historyFields, schema.HistoryFields.Count);
        Assert.Equal(historyLength, schema.HistoryLength);
        Assert.All(schema.HistoryFields, field => Assert.Contains(field, schema.ItemFields));
        Assert.Contains(name, DatasetPresets.Names);
    }

    [Theory]
    [InlineData("Beauty", "beauty")]
    [InlineData("LASTFM", "lastfm")]
    [InlineData("Sports_and_Outdoors", "sports")]
    [InlineData("ML-1M", "ml-1m")]
    public void NamesAreTakenInAnyCaseAndFilesOfSequencesByTheirOwn(string typed, string name) =>
        Assert.Equal((name, name), (DatasetPresets.Resolve(typed), DatasetPresets.Schema(typed).Name));

    [Theory]
    [InlineData("ml100k", "ml-100k")]
    [InlineData("SPORT", "sports")]
    [InlineData("amazon", "amazon-books")]
    public void AMistypedNameGetsTheNearest(string typed, string nearest)
    {
        var message = Assert.Throws<DataException>(() => DatasetPresets.Load(typed, null)).Message;
        Assert.StartsWith($"There is no data set '{typed}'; did you mean '{nearest}'? There are synthetic, ml-100k,", message, StringComparison.Ordinal);
    }

    [Fact]
    public void SyntheticReadsNoDirectory() =>
        Assert.Equal(
            "The data set synthetic is generated and reads no directory, but here was given.",
            Assert.Throws<DataException>(() => DatasetPresets.Load("synthetic", "here")).Message);

    [Fact]
    public void TheEnvironmentVariableComesFirst()
    {
        Assert.Equal(
            [Path.Combine("root", "ml-1m"), Path.Combine("data", "ml-1m"), Path.Combine("..", "shared", "data", "ml-1m")],
            DataDirectory.UsualPlaces("ml-1m", "root"));
        Assert.Equal([Path.Combine("data", "ml-1m"), Path.Combine("..", "shared", "data", "ml-1m")], DataDirectory.UsualPlaces("ml-1m", null));
    }
}
