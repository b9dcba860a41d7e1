namespace AutoTower.Cli.Tests;

public sealed class DataCommandTests
{
    [Fact]
    public async Task Json_has_counts_split_and_fields()
    {
        var json = (await Cli.RunAsync(["data", .. Cli.TinyData, "--split", "temporal", "--json"])).Json();
        Assert.Equal("synthetic", json.GetProperty("name").GetString());
        Assert.Equal(60, json.GetProperty("users").GetInt32());
        Assert.Equal(40, json.GetProperty("items").GetInt32());
        Assert.Equal(1500, json.GetProperty("interactions").GetInt32());
        var split = json.GetProperty("split");
        Assert.Equal("temporal", split.GetProperty("protocol").GetString());
        Assert.Equal(60, split.GetProperty("test_users").GetInt32());
        Assert.Equal(1500, new[] { "train", "validation", "test" }.Sum(part => split.GetProperty(part).GetInt32()));
        Assert.Equal(
            ["user", "age group", "region", "item", "era", "genres"],
            json.GetProperty("fields").EnumerateArray().Select(field => field.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Text_has_the_same_numbers()
    {
        var result = await Cli.RunAsync(["data", .. Cli.TinyData]);
        Assert.Equal((0, string.Empty), (result.ExitCode, result.Error));
        Assert.Matches(@"interactions +\| +1,500 ", result.Output);
        Assert.Contains("item genres", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_malformed_row_is_named_with_file_and_line()
    {
        using var folder = new RunFolderFixture();
        void Write(string file, string text) => File.WriteAllText(Path.Combine(folder.Root, file), text);
        Write("users.dat", "7::F::1::10::48067\n");
        Write("movies.dat", "3::A (2000)::War\n");
        Write("ratings.dat", "7::3::5::20\n7::3::5\n");
        var result = await Cli.RunAsync("data", "--data", "ml-1m", "--data-dir", folder.Root, "--json");
        Assert.Equal((1, string.Empty), (result.ExitCode, result.Output));
        Assert.Equal(
            $"autotower: ratings.dat line 2: found 3 fields, expected 4 (user, movie, rating, timestamp) separated by ::.{Environment.NewLine}", result.Error);
    }
}
