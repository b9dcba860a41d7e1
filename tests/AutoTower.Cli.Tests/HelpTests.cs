namespace AutoTower.Cli.Tests;

public sealed class HelpTests
{
    [Fact]
    public async Task Without_arguments_the_help_is_shown()
    {
        var result = await Cli.RunAsync();
        Assert.Equal((0, string.Empty), (result.ExitCode, result.Error));
        Assert.Equal((await Cli.RunAsync("--help")).Output, result.Output);
        Assert.All(["search", "train", "cost", "data"], command => Assert.Contains($"\n  {command} ", result.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_version_is_a_version()
    {
        var result = await Cli.RunAsync("--version");
        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", result.Output);
    }

    [Theory]
    [InlineData(
        "search",
        "--data --data-dir --split --seed --device --user-blocks --item-blocks --embedding-dim --steps --batch --iterations --population --max-params --max-flops "
        + "--max-user-params --max-user-flops --max-item-params --max-item-flops --top --out --json")]
    [InlineData("train", "--architecture --model --data --data-dir --split --seed --device --batch --epochs --patience --out --json")]
    [InlineData("cost", "--architecture --model --data --convention --json")]
    [InlineData("data", "--data --data-dir --split --json")]
    public async Task The_help_of_a_command_lists_its_options(string command, string options)
    {
        var result = await Cli.RunAsync(command, "--help");
        Assert.Equal(0, result.ExitCode);
        Assert.All(options.Split(' '), option => Assert.Contains($" {option} ", result.Output, StringComparison.Ordinal));
    }
}
