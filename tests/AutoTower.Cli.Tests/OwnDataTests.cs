using AutoTower.Cli.Tests.Runs;
using AutoTower.Tests.Files;

namespace AutoTower.Cli.Tests;

/// <summary>Own data by a schema file, from statistics through a trained model to recommendations.</summary>
public sealed class OwnDataTests : IDisposable
{
    private const string Good = "pooling=sum; user=mlp-16; item=mlp-16";
    private readonly TemporaryFolder _temporary = new();

    public OwnDataTests()
    {
        // 40 users on a ring of 30 items, each 12 to 18 steps from its own place.
        var rows = Enumerable.Range(0, 40).SelectMany(user => Enumerable.Range(0, 12 + (user % 7)).Select(
            step => $"u{user},i{((user * 3) + (step * 2)) % 30},{1_700_000_000 + step},{1 + (step % 2)}"));
        File.WriteAllText(_temporary["clicks.csv"], $"user,item,time,r\n{string.Join('\n', rows)}\n");
        File.WriteAllText(
            _temporary["items.csv"], $"item,colour,name\n{string.Join('\n', Enumerable.Range(0, 30).Select(item => $"i{item},c{item % 3},Item {item}"))}\n");
        File.WriteAllText(
            Schema,
            """
            {
              "name": "ring",
              "interactions": {"file": "clicks.csv", "user": "user", "item": "item", "time": "time", "weight": "r"},
              "items": {"file": "items.csv", "columns": {"item": "id", "colour": "category"}, "title": "name"},
              "history": {"length": 5}
            }
            """);
    }

    private string Schema => _temporary["ring.json"];

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Statistics_name_the_data_set_and_its_fields()
    {
        var json = (await Cli.RunAsync("data", "--data", Schema, "--data-cache", "false", "--json")).Json();
        Assert.Equal("ring", json.GetProperty("name").GetString());
        Assert.Equal(40, json.GetProperty("users").GetInt32());
        Assert.Equal(["user", "item", "colour"], json.GetProperty("fields").EnumerateArray().Select(field => field.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Thresholds_on_the_command_line_go_before_those_of_the_file()
    {
        var json = (await Cli.RunAsync("data", "--data", Schema, "--data-cache", "false", "--min-user-records", "18", "--json")).Json();
        Assert.Equal(5, json.GetProperty("users").GetInt32());
    }

    [Fact]
    public async Task A_model_is_trained_and_recommends()
    {
        var run = _temporary["run"];
        var trained = await Cli.RunAsync(
            "train", "--data", Schema, "--data-cache", "false", "--architecture", Good, "--epochs", "1", "--batch", "64", "--device", "cpu", "--out", run);
        Assert.Equal(0, trained.ExitCode);
        Assert.Contains($"\"data\": \"{Schema}\"", File.ReadAllText(Path.Combine(run, "config.json")), StringComparison.Ordinal);
        var recommended = await Cli.RunAsync("recommend", "--run", run, "--user", "u7", "--device", "cpu");
        Assert.Equal(0, recommended.ExitCode);
        Assert.Matches(@"Item \d+", recommended.Output);
    }

    [Fact]
    public async Task Costs_are_those_of_the_fields_of_the_file()
    {
        // amazon-books has as many fields, and histories of 50 items, 45 more, each of which sum pooling adds up with d = 2 x 16.
        Assert.Equal(await MultiplyAccumulates("amazon-books") - (45 * 32), await MultiplyAccumulates(Schema));

        static async Task<int> MultiplyAccumulates(string data) =>
            (await Cli.RunAsync("cost", "--data", data, "--architecture", Good, "--json")).Json().GetProperty("total").GetProperty("macs").GetInt32();
    }

    [Theory]
    [InlineData("clicks.csv", "user,item,time,r\nu1,i1,late,1\n", "clicks.csv line 2: time 'late' is neither a number nor a date such as 2024-05-31 or 2024-05-31T18:30:00.")]
    [InlineData("ring.json", "{\"intractions\": {}}", "ring.json: intractions is not known; did you mean 'interactions'?")]
    public async Task A_mistake_is_one_sentence(string file, string text, string message)
    {
        File.WriteAllText(_temporary[file], text);
        var result = await Cli.RunAsync("data", "--data", Schema);
        Assert.Equal((1, string.Empty, $"autotower: {message}{Environment.NewLine}"), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task Thresholds_do_not_go_with_data_that_are_taken_as_they_are()
    {
        var result = await Cli.RunAsync("data", "--min-user-records", "5");
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("autotower: The data set synthetic is taken as it is; --min-user-records", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_schema_of_schema_files_is_printed()
    {
        var json = (await Cli.RunAsync("schema", "--of-data")).Json();
        Assert.Equal("AutoTower data set", json.GetProperty("title").GetString());
    }
}
