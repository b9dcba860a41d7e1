namespace AutoTower.Cli.Tests;

public sealed class CostCommandTests
{
    private const string MovieLens1M = "pooling=self-attention; user=sa-3,ew-ip,mlp-128; item=mlp-512,mlp-64,sa-2";

    [Fact]
    public async Task Json_has_towers_blocks_and_total()
    {
        var json = (await Cli.RunAsync("cost", "--architecture", MovieLens1M, "--data", "ml-1m", "--json")).Json();
        Assert.Equal(["user", "item", "total"], json.EnumerateObject().Select(property => property.Name));
        var user = json.GetProperty("user");
        Assert.Equal(["params", "macs", "flops", "blocks"], user.EnumerateObject().Select(property => property.Name));
        Assert.Equal(62_944, user.GetProperty("params").GetInt64());
        Assert.Equal(275_760, user.GetProperty("macs").GetInt64());
        Assert.Equal(137_880, user.GetProperty("flops").GetDouble());
        Assert.Equal(
            ["alignment", "pooling.self-attention", "blocks.0.sa-3", "blocks.1.ew-ip", "blocks.2.mlp-128"],
            user.GetProperty("blocks").EnumerateArray().Select(block => block.GetProperty("name").GetString()));
        Assert.Equal(62_944, user.GetProperty("blocks").EnumerateArray().Sum(block => block.GetProperty("params").GetInt64()));
        Assert.Equal(89_344, json.GetProperty("item").GetProperty("params").GetInt64());
        Assert.Equal(62_944 + 89_344, json.GetProperty("total").GetProperty("params").GetInt64());
        Assert.Equal(137_880 + 48_368, json.GetProperty("total").GetProperty("flops").GetDouble());
    }

    [Fact]
    public async Task The_convention_decides_what_is_counted()
    {
        var paper = (await Cli.RunAsync("cost", "--architecture", MovieLens1M, "--convention", "paper", "--json")).Json().GetProperty("total");
        var actual = (await Cli.RunAsync("cost", "--architecture", MovieLens1M, "--convention", "Actual", "--json")).Json().GetProperty("total");
        Assert.Equal(paper.GetProperty("params").GetInt64() - 256, actual.GetProperty("params").GetInt64());
        Assert.Equal(paper.GetProperty("macs").GetInt64() - 128 + 65_536, actual.GetProperty("macs").GetInt64());
    }

    [Theory]
    [InlineData("ml-1m", 1.57, 0.81)]
    [InlineData("yelp", 1.70, 0.88)]
    public async Task Baselines_need_no_data_files(string data, double parameters, double flops)
    {
        var total = (await Cli.RunAsync("cost", "--model", "google-dnn-h", "--data", data, "--json")).Json().GetProperty("total");
        Assert.Equal(parameters, Math.Round(total.GetProperty("params").GetDouble() / 1e6, 2));
        Assert.Equal(flops, Math.Round(total.GetProperty("flops").GetDouble() / 1e6, 2));
    }

    [Fact]
    public async Task Text_is_a_table_with_the_same_numbers()
    {
        var result = await Cli.RunAsync("cost", "--architecture", MovieLens1M);
        Assert.Equal((0, string.Empty), (result.ExitCode, result.Error));
        Assert.Contains("on ml-1m", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"user tower +\| +62,944 +\| +275,760 +\| +137,880", result.Output);
        Assert.Matches(@"total +\| +152,288 ", result.Output);
    }
}
