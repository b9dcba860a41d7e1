using System.Text.Json;

namespace AutoTower.Cli.Tests;

/// <summary>Quick versions of the paper's tables, and the study, on small synthetic data.</summary>
public sealed class ReproduceCommandTests
{
    private static readonly string[] Quick =
    [
        .. Cli.TinyData, "--batch", "64", "--epochs", "1", "--threads", "2", "--device", "cpu", "--tensorboard", "false", "--steps", "60",
        "--iterations", "1", "--population", "4", "--top", "1", "--statistics-batches", "2", "--fitness-batches", "2",
    ];

    [Theory]
    [InlineData("table5", 4)]
    [InlineData("table6", 2)]
    [InlineData("table8", 2)]
    [InlineData("figure3", 5)]
    public async Task Tables_and_figures_run_on_the_data_given(string table, int rows)
    {
        using var folder = new RunFolderFixture();
        var result = await Cli.RunAsync(["reproduce", table, "--data", "synthetic", "--seeds", "1", "--out", folder.Path, "--json", .. Quick]);
        var all = result.Json().GetProperty("rows").EnumerateArray().ToList();
        Assert.Equal(rows, all.Count);
        Assert.All(all, row => Assert.Equal(1, row.GetProperty("runs").GetArrayLength()));
        Assert.True(File.Exists(Path.Combine(folder.Path, $"{table}.md")));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(folder.Path, "figures"), $"{table}-synthetic-*.svg"));
        foreach (var row in all)
        {
            Assert.True(File.Exists(Path.Combine(folder.Path, "synthetic", row.GetProperty("method").GetString()!, "seed1", "report.json")));
        }
    }

    [Fact]
    public async Task Table_4_goes_on_where_it_was_and_runs_finished_cells_no_more()
    {
        using var folder = new RunFolderFixture();
        string[] arguments = ["reproduce", "table4", "--data", "synthetic,yelp", "--out", folder.Path, .. Quick];
        var first = await Cli.RunAsync([.. arguments, "--seeds", "1"]);
        Assert.Equal(0, first.ExitCode);
        Assert.Contains("| GoogleDNN M | 1 |", first.Output, StringComparison.Ordinal);
        Assert.Contains("- yelp: ", first.Output, StringComparison.Ordinal);

        var refused = await Cli.RunAsync([.. arguments, "--seeds", "2"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("already holds results; go on with --resume", refused.Error, StringComparison.Ordinal);

        var other = await Cli.RunAsync([.. arguments, "--seeds", "2", "--resume", "--top", "2"]);
        Assert.Equal(2, other.ExitCode);

        var report = Path.Combine(folder.Path, "synthetic", "autotower-m", "seed1", "report.json");
        var written = File.GetLastWriteTimeUtc(report);
        var resumed = await Cli.RunAsync([.. arguments, "--seeds", "2", "--resume"]);
        Assert.Equal(0, resumed.ExitCode);
        Assert.Equal(written, File.GetLastWriteTimeUtc(report));
        Assert.Contains("| AutoTower M | 2 |", resumed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("seed 1", resumed.Error, StringComparison.Ordinal);
        // One supernet a seed for all limits.
        Assert.Equal(2, Directory.GetFiles(Path.Combine(folder.Path, "supernets")).Length);
    }

    [Fact]
    public async Task Seeds_that_run_at_once_give_what_they_give_one_by_one()
    {
        using var one = new RunFolderFixture();
        using var two = new RunFolderFixture();
        string[] arguments = ["reproduce", "table6", "--data", "synthetic", "--seeds", "3", "--json", .. Quick];
        var expected = await Cli.RunAsync([.. arguments, "--out", one.Path]);
        var actual = await Cli.RunAsync([.. arguments, "--out", two.Path, "--jobs", "2"]);
        Assert.Equal((0, 0), (expected.ExitCode, actual.ExitCode));
        Assert.Equal(Runs(expected.Json()), Runs(actual.Json()));
        Assert.Equal(6, Runs(actual.Json()).Count);

        static List<string> Runs(JsonElement table) =>
        [
            .. from row in table.GetProperty("rows").EnumerateArray()
               from run in row.GetProperty("runs").EnumerateArray()
               select $"{row.GetProperty("method")} " + string.Join(' ', run.EnumerateObject().Where(value => value.Name != "seconds")),
        ];
    }

    [Fact]
    public async Task A_shared_supernet_changes_nothing()
    {
        using var alone = new RunFolderFixture();
        using var cached = new RunFolderFixture();
        using var cache = new RunFolderFixture();
        string[] arguments = ["search", "--data", "synthetic", .. Quick, "--json"];
        var expected = (await Cli.RunAsync([.. arguments, "--out", alone.Path])).Json().GetProperty("search");
        await Cli.RunAsync([.. arguments, "--max-params", "100000", "--supernet-cache", cache.Path, "--out", Path.Combine(cached.Path, "1")]);
        var actual = (await Cli.RunAsync([.. arguments, "--supernet-cache", cache.Path, "--out", Path.Combine(cached.Path, "2")])).Json().GetProperty("search");
        Assert.Single(Directory.GetFiles(cache.Path));
        Assert.Equal(Fitness(expected), Fitness(actual));

        static string Fitness(JsonElement search) => string.Join(' ', search.GetProperty("trained").EnumerateArray()
            .Select(trained => $"{trained.GetProperty("architecture")} {trained.GetProperty("fitness")} {trained.GetProperty("best_validation_loss")}"));
    }

    [Fact]
    public async Task Architectures_move_between_data_sets()
    {
        using var folder = new RunFolderFixture();
        var result = await Cli.RunAsync(["reproduce", "table9", "--data", "synthetic", "--seeds", "1", "--out", folder.Path, "--json", .. Quick]);
        var rows = result.Json().GetProperty("rows").EnumerateArray().ToDictionary(row => row.GetProperty("method").GetString()!);
        Assert.Equal(
            "pooling=self-attention; user=sa-3,ew-ip,mlp-128; item=mlp-512,mlp-64,sa-2", Model(rows["paper-ml-1m"]));
        var searched = Cli.Parse(File.ReadAllText(Path.Combine(folder.Path, "synthetic", "autotower-m", "seed1", "report.json")));
        Assert.Equal(searched.GetProperty("search").GetProperty("architecture").GetString(), Model(rows["found-synthetic"]));

        static string? Model(JsonElement row) => row.GetProperty("runs")[0].GetProperty("model").GetString();
    }

    [Theory]
    [InlineData("table3", "There is no 'table3' to reproduce")]
    [InlineData("table4 --data yelp", "No data set of table4 is there")]
    public async Task What_cannot_be_reproduced_is_said(string arguments, string message)
    {
        using var folder = new RunFolderFixture();
        var result = await Cli.RunAsync(["reproduce", .. arguments.Split(' '), "--out", folder.Path]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_study_prints_and_writes_its_correlations()
    {
        using var folder = new RunFolderFixture();
        var result = await Cli.RunAsync(
            ["study", "fitness", "--architectures", "4", "--data", "synthetic", .. Quick, "--max-params", "200000", "--out", folder.Path, "--json"]);
        var predictions = result.Json().GetProperty("predictions").EnumerateArray().ToList();
        Assert.Contains(predictions, entry => entry.GetProperty("predictor").GetString() == "recall");
        Assert.Equal(4, result.Json().GetProperty("architectures").GetArrayLength());
        Assert.Equal(result.Output.Trim(), folder.Read("report.json").Trim());
    }
}
