using System.Globalization;
using System.Text.Json;
using AutoTower.Cli.Tests.Runs;
using AutoTower.Search.Artefacts;

namespace AutoTower.Cli.Tests;

/// <summary><c>train --model</c>, and what the other commands do with such a run.</summary>
public sealed class BaselineCommandTests : IDisposable
{
    private readonly RunFolderFixture _folder = new();

    public static TheoryData<string> Families => new("google-dnn-l", "senet-m", "bst-l", "mind-l");

    [Theory]
    [MemberData(nameof(Families))]
    public async Task A_trained_baseline_can_be_embedded_recommended_with_reported_and_compared(string name)
    {
        var trained = (await Train(name)).Json().GetProperty("trained");
        Assert.Equal(name, trained.GetProperty("model").GetString());
        Assert.Equal(2, trained.GetProperty("epochs").GetArrayLength());
        Assert.InRange(trained.GetProperty("test").GetProperty("strict").GetProperty("recall@50").GetDouble(), 0.01, 1);
        Assert.InRange(trained.GetProperty("validation").GetProperty("recall@50").GetDouble(), 0.01, 1);
        Assert.Equal(["config.json", "metrics.jsonl", "report.json", "run.lock", "weights.safetensors"], _folder.Files);
        Assert.Equal([name, name], _folder.Metrics("epoch").Select(epoch => epoch.GetProperty("model").GetString()));
        Assert.Equal(name, Cli.Parse(_folder.Read("config.json")).GetProperty("model").GetString());

        var (users, items) = (Path.Combine(_folder.Root, "u.npy"), Path.Combine(_folder.Root, "i.npy"));
        var embedded = (await Cli.RunAsync("embed", "--run", _folder.Path, "--out", users, items, "--json")).Json();
        Assert.Equal(NpyFile.Read(users).Rows, embedded.GetProperty("users").GetProperty("rows").GetInt32());
        Assert.Equal((40, 64), (NpyFile.Read(items).Rows, NpyFile.Read(items).Columns));
        var ids = await File.ReadAllLinesAsync(Path.ChangeExtension(users, ".ids.txt"), TestContext.Current.CancellationToken);
        Assert.Equal(NpyFile.Read(users).Rows, ids.Length);

        // The best item of a user is the one with the largest product with any of the user's vectors.
        var vectors = ids.Zip(NpyFile.Read(users).Values.Chunk(64)).Where(pair => pair.First == ids[0]).Select(pair => pair.Second);
        var best = NpyFile.Read(items).Values.Chunk(64).Max(item => vectors.Max(user => user.Zip(item, (left, right) => left * right).Sum()));
        var recommended = (await Cli.RunAsync("recommend", "--run", _folder.Path, "--user", ids[0], "--k", "1", "--json")).Json();
        Assert.Equal(best, recommended.GetProperty("items")[0].GetProperty("score").GetSingle(), 1e-5f);

        var page = Path.Combine(_folder.Root, "page.html");
        Assert.Equal(0, (await Cli.RunAsync("report", "--run", _folder.Path, "--out", page)).ExitCode);
        Assert.Contains(name, await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("recall@50", (await Cli.RunAsync("compare", _folder.Path, "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_to_onnx_says_that_it_takes_architectures()
    {
        await Train("google-dnn-l");
        var result = await Cli.RunAsync("export", "--run", _folder.Path, "--out", Path.Combine(_folder.Root, "onnx"));
        Assert.Equal(
            (1, $"autotower: The run holds the baseline google-dnn-l; only architectures can be exported to ONNX.{Environment.NewLine}"),
            (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData("most-popular")]
    [InlineData("item-knn")]
    public async Task What_only_counts_is_ranked_under_both_protocols_and_has_no_vectors(string name)
    {
        var report = (await Train(name)).Json();
        Assert.Equal(["config.json", "metrics.jsonl", "report.json", "run.lock"], _folder.Files);
        var trained = report.GetProperty("trained");
        Assert.Equal(["model", "test"], trained.EnumerateObject().Select(property => property.Name));
        var popularity = report.GetProperty("popularity");
        foreach (var protocol in new[] { "paper", "strict" })
        {
            var (ranked, popular) = (trained.GetProperty("test").GetProperty(protocol), popularity.GetProperty(protocol));
            Assert.Equal(name == "most-popular", Values(ranked).SequenceEqual(Values(popular)));
        }

        Assert.Contains("recall@50", (await Cli.RunAsync("compare", _folder.Path, "--json")).Output, StringComparison.Ordinal);
        var refused = await Cli.RunAsync("recommend", "--run", _folder.Path, "--user", "1", "--device", "cpu");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"The model {name} has no parameters and no vectors", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_configuration_of_a_run_repeats_it()
    {
        var first = await Train("senet-l");
        var again = await Cli.RunAsync(
            "train", "--config", Path.Combine(_folder.Path, "config.json"), "--out", Path.Combine(_folder.Root, "again"), "--json");
        Assert.Equal(Loss(first), Loss(again));

        static string Loss(Outcome outcome) =>
            outcome.Json().GetProperty("trained").GetProperty("best_validation_loss").GetDouble().ToString("R", CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task The_cost_of_a_baseline_stands_beside_what_the_paper_prints()
    {
        var json = (await Cli.RunAsync("cost", "--model", "senet-h", "--data", "yelp", "--json")).Json();
        Assert.Equal(1_700_000, json.GetProperty("printed").GetProperty("params").GetDouble());
        Assert.Equal(880_000, json.GetProperty("printed").GetProperty("flops").GetDouble());
        var text = await Cli.RunAsync("cost", "--model", "senet-h", "--data", "yelp");
        Assert.Contains("Table 4 of the paper prints 1.70 M parameters and 0.88 M FLOPs.", text.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<double> Values(JsonElement metrics) => metrics.EnumerateObject().Select(metric => metric.Value.GetDouble());

    private Task<Outcome> Train(string name) => Cli.RunAsync(["train", "--model", name, .. Cli.TinyTraining, "--out", _folder.Path, "--json"]);
}
