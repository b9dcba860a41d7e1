using System.Text.Json;
using AutoTower.Tests.Files;

namespace AutoTower.Cli.Tests.Runs;

public sealed class CompareTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    [Fact]
    public async Task Runs_that_differ_by_seed_form_a_group()
    {
        string[] runs = [.. Runs()];
        var outcome = await Program.Run(["compare", .. runs, "--json"]);
        Assert.True(outcome.ExitCode == ExitCode.Success, outcome.Error);
        using var document = JsonDocument.Parse(outcome.Output);
        var groups = document.RootElement.GetProperty("groups");
        Assert.Equal(2, groups.GetArrayLength());
        Assert.Equal("batch 32", groups[0].GetProperty("configuration").GetString());
        Assert.Equal("batch 64", groups[1].GetProperty("configuration").GetString());
        var recall = groups[0].GetProperty("metrics").GetProperty("strict recall@10");
        Assert.Equal(3, recall.GetProperty("count").GetInt32());
        Assert.Equal(0.12, recall.GetProperty("mean").GetDouble(), 12);
        Assert.Equal(0.02, recall.GetProperty("standard_deviation").GetDouble(), 12);
        // Differences 0.02, 0.04, 0.06: t = 0.04 / (0.02 / sqrt 3), two degrees of freedom, p = 1 - t / sqrt(2 + t^2).
        var test = document.RootElement.GetProperty("tests")[0].GetProperty("metrics").GetProperty("strict recall@10");
        Assert.Equal(3, test.GetProperty("pairs").GetInt32());
        Assert.Equal(0.04, test.GetProperty("mean_difference").GetDouble(), 12);
        Assert.Equal(2 * Math.Sqrt(3), test.GetProperty("t").GetDouble(), 9);
        Assert.Equal(1 - Math.Sqrt(12.0 / 14), test.GetProperty("p").GetDouble(), 9);
    }

    [Fact]
    public async Task Text_and_markdown_show_the_same()
    {
        string[] runs = [.. Runs()];
        var text = await Program.Run(["compare", .. runs]);
        var markdown = await Program.Run(["compare", .. runs, "--markdown"]);
        foreach (var cell in new[] { "12.00 ± 2.00", "16.00 ± 4.00", "+4.00 (p 0.0742)", "B - A", "strict recall@10", "batch 64" })
        {
            Assert.Contains(cell, text.Output, StringComparison.Ordinal);
            Assert.Contains(cell, markdown.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_folder_without_a_finished_run_is_named()
    {
        var outcome = await Program.Run("compare", _temporary.Path);
        Assert.Equal(ExitCode.Failure, outcome.ExitCode);
        Assert.Contains($"{_temporary.Path} holds no finished run: there is no config.json.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Real_runs_can_be_compared()
    {
        await Program.Run([.. Program.TinySearch, "--out", _temporary["one"], "--seed", "1"]);
        await Program.Run([.. Program.TinySearch, "--out", _temporary["two"], "--seed", "2", "--checkpoint-minutes", "9"]);
        var outcome = await Program.Run("compare", _temporary["one"], _temporary["two"], "--json");
        Assert.True(outcome.ExitCode == ExitCode.Success, outcome.Error);
        using var document = JsonDocument.Parse(outcome.Output);
        var group = Assert.Single(document.RootElement.GetProperty("groups").EnumerateArray());
        Assert.Equal("all runs", group.GetProperty("configuration").GetString());
        Assert.Equal(20, group.GetProperty("metrics").EnumerateObject().Count());
        Assert.All(group.GetProperty("metrics").EnumerateObject(), metric => Assert.Equal(2, metric.Value.GetProperty("count").GetInt32()));
    }

    public void Dispose() => _temporary.Dispose();

    private IEnumerable<string> Runs()
    {
        double[] first = [0.10, 0.12, 0.14];
        double[] second = [0.12, 0.16, 0.20];
        for (var seed = 1; seed <= 3; seed++)
        {
            yield return Run($"a{seed}", $$"""{"command": "train", "seed": {{seed}}, "batch": 32, "threads": {{seed}}}""", first[seed - 1]);
            yield return Run($"b{seed}", $$"""{"command": "train", "seed": {{seed}}, "batch": 64}""", second[seed - 1]);
        }
    }

    private string Run(string name, string configuration, double recall)
    {
        Directory.CreateDirectory(_temporary[name]);
        File.WriteAllText(_temporary[$"{name}/config.json"], configuration);
        File.WriteAllText(
            _temporary[$"{name}/report.json"],
            """{"trained": {"test": {"strict": {"users": 9, "ndcg@10": 0.5, "mrr@10": 0.1, "recall@10": VALUE}}}}"""
                .Replace("VALUE", $"{recall}", StringComparison.Ordinal));
        return _temporary[name];
    }
}
