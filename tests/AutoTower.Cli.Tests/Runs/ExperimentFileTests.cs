using System.Text.Json;
using AutoTower.Tests.Files;

namespace AutoTower.Cli.Tests.Runs;

public sealed class ExperimentFileTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    [Fact]
    public async Task The_configuration_of_a_run_repeats_it()
    {
        string[] lazy = ["--optimiser", "lazy", "--lazy-rows", "20", "--lazy-replay", "3"];
        var first = await Program.Run([.. Program.TinySearch, "--out", _temporary["first"], "--max-params", "0.4e6", "--learning-rate", "0.002", .. lazy]);
        Assert.True(first.ExitCode == ExitCode.Success, first.Error);
        var again = await Program.Run("search", "--config", _temporary["first/config.json"], "--out", _temporary["again"]);
        Assert.True(again.ExitCode == ExitCode.Success, again.Error);
        Assert.Contains("\"optimiser\": \"lazy\"", File.ReadAllText(_temporary["first/config.json"]), StringComparison.Ordinal);
        Assert.Equal(RunFiles.Report(_temporary["first"]), RunFiles.Report(_temporary["again"]));
        Assert.Equal(File.ReadAllText(_temporary["first/config.json"]), File.ReadAllText(_temporary["again/config.json"]));
    }

    [Fact]
    public async Task The_command_line_goes_before_the_file()
    {
        var file = Write("""
            {
              // Comments are allowed.
              "architecture": "pooling=sum; user=mlp-16; item=mlp-16",
              "users": 40, "items": 30, "interactions": 700, "epochs": 3, "batch": 32, "threads": 1, "tensorboard": false, "seed": 7,
            }
            """);
        var outcome = await Program.Run("train", "--config", file, "--epochs", "1", "--out", _temporary["run"]);
        Assert.True(outcome.ExitCode == ExitCode.Success, outcome.Error);
        using var configuration = JsonDocument.Parse(File.ReadAllBytes(_temporary["run/config.json"]));
        Assert.Equal(1, configuration.RootElement.GetProperty("epochs").GetInt32());
        Assert.Equal(7, configuration.RootElement.GetProperty("seed").GetInt32());
        Assert.Equal(40, configuration.RootElement.GetProperty("users").GetInt32());
        Assert.Empty(Directory.EnumerateFiles(_temporary["run"], "events*"));
    }

    [Theory]
    [InlineData("search", """{"stesp": 5}""", "has an unknown key 'stesp'; did you mean 'steps'?")]
    [InlineData("search", """{"max_params": 5}""", "did you mean 'max-params'?")]
    [InlineData("search", """{"steps": 5, "steps": 6}""", "gives 'steps' twice.")]
    [InlineData("search", """{"steps": [5]}""", "'steps' takes one value.")]
    [InlineData("search", """{"steps": 0}""", "in the experiment file, --steps takes a whole number from 1, not '0'.")]
    [InlineData("search", """{"command": "train"}""", "is for 'autotower train', not for 'autotower search'.")]
    [InlineData("search", """[1]""", "should hold one JSON object")]
    [InlineData("search", """{"steps": """, "is no valid JSON")]
    [InlineData("train", """{"iterations": 5}""", "has an unknown key 'iterations'")]
    public async Task Errors_name_file_and_key(string command, string json, string message)
    {
        var outcome = await Program.Run(command, "--config", Write(json), "--out", _temporary["run"]);
        Assert.Equal(ExitCode.Usage, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(Directory.Exists(_temporary["run"]));
    }

    [Theory]
    [InlineData("--steps", "5")]
    [InlineData("--seed", "5")]
    [InlineData("--out", "elsewhere")]
    [InlineData("--config", "other.json")]
    public async Task A_run_that_goes_on_keeps_its_options(string option, string value)
    {
        Write("{}", "config.json");
        var outcome = await Program.Run("search", "--resume", _temporary.Path, option, value);
        Assert.Equal(ExitCode.Usage, outcome.ExitCode);
        Assert.Contains($"so {option} can't be given together with --resume", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_must_be_a_run_to_go_on_with()
    {
        var outcome = await Program.Run("search", "--resume", _temporary.Path);
        Assert.Equal(ExitCode.Usage, outcome.ExitCode);
        Assert.Contains("it has no config.json", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_published_schema_is_that_of_the_options()
    {
        var outcome = await Program.Run("schema");
        var published = File.ReadAllText(RepositoryFolder.PathOf("docs", "experiment.schema.json"));
        Assert.True(outcome.Output.Trim() == published.Trim(), "run 'autotower schema > docs/experiment.schema.json'");
    }

    [Theory]
    [InlineData("search")]
    [InlineData("train")]
    public async Task Every_option_of_the_help_is_in_the_schema(string command)
    {
        var help = await Program.Run(command, "--help");
        using var schema = JsonDocument.Parse((await Program.Run("schema")).Output);
        var properties = schema.RootElement.GetProperty("$defs").GetProperty(command).GetProperty("properties");
        var options = help.Output.Split('\n').Select(line => line.TrimStart()).Where(line => line.StartsWith("--", StringComparison.Ordinal))
            .Select(line => line.Split([' ', ','])[0]).Except(["--config", "--resume"]).ToList();
        Assert.True(options.Count > 15, help.Output);
        Assert.All(options, option => Assert.True(properties.TryGetProperty(option[2..], out _), option));
    }

    public void Dispose() => _temporary.Dispose();

    private string Write(string json, string name = "experiment.json")
    {
        File.WriteAllText(_temporary[name], json);
        return _temporary[name];
    }
}
