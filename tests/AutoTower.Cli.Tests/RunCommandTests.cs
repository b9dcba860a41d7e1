using System.Text.Json;

namespace AutoTower.Cli.Tests;

/// <summary>Whole runs of search and train on small synthetic data.</summary>
public sealed class RunCommandTests
{
    private const string Architecture = "pooling=self-attention; user=mlp-16,sa-1; item=mlp-16,ew-max";

    private static readonly string[] Train = ["train", "--architecture", Architecture, .. Cli.TinyTraining];

    [Fact]
    public async Task A_search_leaves_its_folder_and_one_json_document()
    {
        using var folder = new RunFolderFixture();
        var result = await Cli.RunAsync(["search", .. Cli.TinySearch, "--max-params", "120000", "--out", folder.Path, "--json"]);
        var search = result.Json().GetProperty("search");
        Assert.Equal(folder.Path, result.Json().GetProperty("run_folder").GetString());
        Assert.Equal(["architecture.txt", "config.json", "metrics.jsonl", "report.json", "run.lock", "weights.safetensors"], folder.Files);
        Assert.Equal(result.Output.Trim(), folder.Read("report.json").Trim());
        Assert.Equal(search.GetProperty("architecture").GetString(), folder.Read("architecture.txt").Trim());

        var trained = search.GetProperty("trained").EnumerateArray().ToList();
        Assert.Equal(2, trained.Count);
        Assert.True(trained[0].GetProperty("best_validation_loss").GetDouble() <= trained[1].GetProperty("best_validation_loss").GetDouble());
        foreach (var protocol in new[] { "paper", "strict" })
        {
            Assert.InRange(trained[0].GetProperty("test").GetProperty(protocol).GetProperty("recall@50").GetDouble(), 0, 1);
            Assert.Equal(60, search.GetProperty("popularity").GetProperty(protocol).GetProperty("users").GetInt32());
        }

        Assert.All(trained, model => Assert.InRange(model.GetProperty("validation").GetProperty("ndcg@50").GetDouble(), 0.001, 1));
        var candidates = folder.Metrics("candidate");
        Assert.Equal(10, candidates.Count);
        Assert.All(candidates, candidate => Assert.True(candidate.GetProperty("params").GetInt64() <= 120_000));
        Assert.Equal(10, candidates.Select(candidate => candidate.GetProperty("architecture").GetString()).Distinct().Count());
        Assert.Equal(["supernet", "evolution", "retraining"], folder.Metrics("phase").Select(phase => phase.GetProperty("phase").GetString()));
        Assert.Contains(folder.Metrics("training"), record => record.GetProperty("step").GetInt32() == 100);

        var configuration = Cli.Parse(folder.Read("config.json"));
        Assert.Equal("search", configuration.GetProperty("command").GetString());
        Assert.Equal(120, configuration.GetProperty("steps").GetInt32());
        Assert.Equal(120_000, configuration.GetProperty("max-params").GetDouble());
        Assert.Equal(1, configuration.GetProperty("seed").GetInt32());
    }

    [Theory]
    [InlineData("random", 10)]
    [InlineData("rl", 10)]
    [InlineData("nasp", 2)]
    public async Task Other_strategies_leave_the_same_artefacts(string strategy, int mostCandidates)
    {
        using var folder = new RunFolderFixture();
        var result = await Cli.RunAsync(
            ["search", .. Cli.TinySearch, "--strategy", strategy, "--controller-samples", "5", "--max-params", "120000", "--out", folder.Path, "--json"]);
        Assert.Equal(2, result.Json().GetProperty("search").GetProperty("trained").GetArrayLength());
        var candidates = folder.Metrics("candidate");
        Assert.InRange(candidates.Count, 2, mostCandidates);
        Assert.All(candidates, candidate => Assert.True(candidate.GetProperty("params").GetInt64() <= 120_000));
        Assert.Equal(strategy, Cli.Parse(folder.Read("config.json")).GetProperty("strategy").GetString());
    }

    [Fact]
    public async Task A_multi_objective_search_prints_and_writes_its_front()
    {
        using var folder = new RunFolderFixture();
        string[] arguments = ["search", .. Cli.TinySearch, "--strategy", "nsga2", "--fitness", "recall", "--objectives", "fitness,latency,params"];
        var result = await Cli.RunAsync([.. arguments, "--out", folder.Path]);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("fittest first", result.Output, StringComparison.Ordinal);
        var search = Cli.Parse(folder.Read("report.json")).GetProperty("search");
        var front = search.GetProperty("front").EnumerateArray().ToList();
        Assert.All(front, member => Assert.InRange(member.GetProperty("fitness").GetDouble(), 0, 1));
        Assert.All(front, member => Assert.True(member.GetProperty("latency_ms").GetDouble() > 0));
        var members = front.Select(member => member.GetProperty("architecture").GetString()).ToHashSet();
        Assert.All(search.GetProperty("trained").EnumerateArray(), trained => Assert.Contains(trained.GetProperty("architecture").GetString(), members));
        Assert.All(folder.Metrics("candidate"), candidate => Assert.True(candidate.GetProperty("latency_ms").GetDouble() > 0));
    }

    [Theory]
    [InlineData("fitness,speed", "--objectives takes names of fitness,flops,params,latency with commas between them, not 'speed'.")]
    [InlineData("fitness,2", "not '2'.")]
    public async Task Unknown_objectives_are_named(string objectives, string message)
    {
        var result = await Cli.RunAsync(["search", .. Cli.TinySearch, "--strategy", "nsga2", "--objectives", objectives]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Training_leaves_its_folder_and_one_json_document()
    {
        using var folder = new RunFolderFixture();
        var result = await Cli.RunAsync([.. Train, "--out", folder.Path, "--json"]);
        var trained = result.Json().GetProperty("trained");
        Assert.Equal(Architecture, trained.GetProperty("architecture").GetString());
        Assert.Equal(2, trained.GetProperty("epochs").GetArrayLength());
        Assert.Equal(["architecture.txt", "config.json", "metrics.jsonl", "report.json", "run.lock", "weights.safetensors"], folder.Files);
        Assert.Equal([1, 2], folder.Metrics("epoch").Select(epoch => epoch.GetProperty("epoch").GetInt32()));
    }

    [Fact]
    public async Task Text_names_the_protocols_and_the_folder()
    {
        using var folder = new RunFolderFixture();
        var result = await Cli.RunAsync([.. Train, "--out", folder.Path]);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("protocol paper", result.Output, StringComparison.Ordinal);
        Assert.Contains("protocol strict", result.Output, StringComparison.Ordinal);
        Assert.Contains("most popular", result.Output, StringComparison.Ordinal);
        Assert.EndsWith($"run folder: {folder.Path}{Environment.NewLine}", result.Output, StringComparison.Ordinal);
        Assert.Contains("epoch 2: loss ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("search")]
    [InlineData("train")]
    public async Task The_same_seed_gives_the_same_numbers_on_any_number_of_threads(string command)
    {
        string[] arguments = command == "search" ? ["search", .. Cli.TinySearch] : Train;
        var first = await Numbers(arguments, "--threads", "1");
        Assert.Equal(first, await Numbers(arguments, "--threads", "2"));
        Assert.NotEqual(first, await Numbers(arguments, "--seed", "2"));
    }

    // The document without what differs from run to run: times and the folder.
    private static async Task<string> Numbers(string[] arguments, string option, string value)
    {
        using var folder = new RunFolderFixture();
        var replaced = arguments.ToList();
        var at = replaced.IndexOf(option);
        if (at >= 0)
        {
            replaced.RemoveRange(at, 2);
        }

        var json = (await Cli.RunAsync([.. replaced, option, value, "--out", folder.Path, "--json"])).Json();
        return Stable(json);
    }

    private static string Stable(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(',', element.EnumerateObject()
            .Where(property => property.Name is not ("seconds" or "run_folder"))
            .Select(property => $"{property.Name}:{Stable(property.Value)}")) + "}",
        JsonValueKind.Array => "[" + string.Join(',', element.EnumerateArray().Select(Stable)) + "]",
        _ => element.GetRawText(),
    };
}
