namespace AutoTower.Cli.Tests;

/// <summary>Every bad input gives one sentence on standard error, nothing on standard output, and an exit code that tells its kind.</summary>
public sealed class BadInputTests
{
    private const string Good = "pooling=sum; user=mlp-16; item=mlp-16";

    public static TheoryData<string[], string> Usage => new()
    {
        { ["serach"], "There is no command 'serach'; the nearest is search. See 'autotower --help'." },
        { ["search", "--dta", "ml-1m"], "There is no option '--dta'; the nearest is --data. See 'autotower search --help'." },
        { ["search", "--max-param", "1"], "There is no option '--max-param'; the nearest is --max-params. See 'autotower search --help'." },
        { ["data", "ml-1m"], "'ml-1m' belongs to no option. See 'autotower data --help'." },
        { ["train"], "Give either --architecture or --model. See 'autotower train --help'." },
        { ["train", "--architecture", Good, "--model", "google-dnn-l"], "Give either --architecture or --model. See 'autotower train --help'." },
        { ["cost"], "Give either --architecture or --model. See 'autotower cost --help'." },
        { ["cost", "--architecture", Good, "--model", "google-dnn-l"], "Give either --architecture or --model. See 'autotower cost --help'." },
        { ["search", "--steps"], "Required argument missing for option: '--steps'. See 'autotower search --help'." },
        { ["search", "--steps", "0"], "--steps takes a whole number from 1, not '0'." },
        { ["search", "--steps", "many"], "--steps takes a whole number from 1, not 'many'." },
        { ["search", "--steps", "1.5"], "--steps takes a whole number from 1, not '1.5'." },
        { ["search", "--batch", "-1"], "--batch takes a whole number from 1, not '-1'." },
        { ["search", "--user-blocks", "2"], "--user-blocks takes a whole number from 3 to 7, not '2'." },
        { ["search", "--user-blocks", "8"], "--user-blocks takes a whole number from 3 to 7, not '8'." },
        { ["search", "--item-blocks", "2"], "--item-blocks takes a whole number from 3 to 7, not '2'." },
        { ["search", "--item-blocks", "8"], "--item-blocks takes a whole number from 3 to 7, not '8'." },
        { ["search", "--embedding-dim", "0"], "--embedding-dim takes a whole number from 1 to 1024, not '0'." },
        { ["search", "--embedding-dim", "1025"], "--embedding-dim takes a whole number from 1 to 1024, not '1025'." },
        { ["search", "--iterations", "0"], "--iterations takes a whole number from 1, not '0'." },
        { ["search", "--population", "0"], "--population takes a whole number from 1, not '0'." },
        { ["search", "--top", "0"], "--top takes a whole number from 1, not '0'." },
        { ["search", "--statistics-batches", "0"], "--statistics-batches takes a whole number from 1, not '0'." },
        { ["search", "--fitness-batches", "99999999999"], "--fitness-batches takes a whole number from 1, not '99999999999'." },
        { ["search", "--optimiser", "sparse"], "--optimiser takes dense or lazy, not 'sparse'." },
        { ["train", "--architecture", Good, "--lazy-rows", "0"], "--lazy-rows takes a whole number from 1, not '0'." },
        { ["search", "--lazy-replay", "-1"], "--lazy-replay takes a whole number from 0, not '-1'." },
        { ["search", "--max-params", "0"], "--max-params takes a positive number, not '0'." },
        { ["search", "--max-flops", "-2"], "--max-flops takes a positive number, not '-2'." },
        { ["search", "--max-user-params", "NaN"], "--max-user-params takes a positive number, not 'NaN'." },
        { ["search", "--max-user-flops", "Infinity"], "--max-user-flops takes a positive number, not 'Infinity'." },
        { ["search", "--max-item-params", "0,48e6"], "--max-item-params takes a positive number, not '0,48e6'." },
        { ["search", "--max-item-flops", "few"], "--max-item-flops takes a positive number, not 'few'." },
        { ["search", "--seed", "-1"], "--seed takes a whole number from 0, not '-1'." },
        { ["search", "--seed", "99999999999999999999"], "--seed takes a whole number from 0, not '99999999999999999999'." },
        { ["search", "--threads", "0"], "--threads takes a whole number from 1, not '0'." },
        { ["search", "--split", "random"], "--split takes paper or temporal, not 'random'." },
        { ["search", "--split", "1"], "--split takes paper or temporal, not '1'." },
        { ["search", "--statistics", "mean"], "--statistics takes momentum or cumulative, not 'mean'." },
        { ["cost", "--architecture", Good, "--convention", "real"], "--convention takes paper or actual, not 'real'." },
        { ["train", "--architecture", Good, "--epochs", "0"], "--epochs takes a whole number from 1, not '0'." },
        { ["train", "--architecture", Good, "--patience", "0"], "--patience takes a whole number from 1, not '0'." },
        { ["train", "--architecture", Good, "--max-minutes", "0"], "--max-minutes takes a positive number, not '0'." },
        { ["search", "--data", "buety"], "There is no data set 'buety'; did you mean 'beauty'? There are synthetic, ml-100k, " },
        { ["cost", "--data", "netflix", "--architecture", Good], "There is no data set 'netflix'; did you mean " },
        { ["data", "--users", "0"], "--users takes a whole number from 1, not '0'." },
        { ["data", "--items", "0"], "--items takes a whole number from 1, not '0'." },
        { ["data", "--interactions", "0"], "--interactions takes a whole number from 1, not '0'." },
    };

    public static TheoryData<string[], string> Failures => new()
    {
        { ["search", "--data-dir", "/tmp"], "The data set synthetic is generated and reads no directory, but /tmp was given." },
        {
            ["data", "--users", "3", "--items", "3", "--interactions", "10"],
            "10 synthetic interactions are more than 3 users x 3 items can have, as nobody meets an item twice."
        },
        { ["train", "--architecture", "mlp-16"], "Architecture part 'mlp-16' should be pooling=..., user=... or item=..., as in \"pooling=sum; user=mlp-64,sa-1; item=mlp-64\"." },
        { ["train", "--architecture", "pooling=sum; user=mlp-15; item=mlp-16"], "There is no block type named 'mlp-15'; the nearest names are mlp-16, mlp-32, mlp-64." },
        { ["train", "--architecture", "pooling=mean; user=mlp-16; item=mlp-16"], "There is no pooling named 'mean'; the nearest names are sum, average, self-attentive." },
        { [.. Small, "--device", "gpu"], "--device takes auto, cpu or cuda, not 'gpu'." },
        { [.. Small, "--precision", "bf16"], "--precision takes fp32 or tf32, not 'bf16'." },
        { [.. Small, "--device", "cpu", "--max-params", "1000"], "A limit of 1,000 parameters in total can't be kept: the smallest architecture of this space has " },
        { ["search", "--users", "1", "--items", "1", "--interactions", "1", "--device", "cpu", "--out", Nowhere], "synthetic splits into 0 training" },
        { ["cost", "--model", "google-dnn"], "There is no model named 'google-dnn'; the nearest names are google-dnn-l, google-dnn-m, google-dnn-h." },
        { ["cost", "--model", "item-knn"], "The model item-knn has no parameters and no vectors; this takes an architecture or google-dnn-l, " },
        { ["train", "--model", "sennet-m", "--out", Nowhere], "There is no model named 'sennet-m'; the nearest names are senet-m, senet-l, senet-h." },
    };

    private static string Nowhere { get; } = Path.Combine(Path.GetTempPath(), $"autotower-never-made-{Guid.NewGuid():N}");

    private static string[] Small => ["search", .. Cli.TinyData, "--out", Nowhere];

    [Theory]
    [MemberData(nameof(Usage))]
    public async Task A_command_line_that_cannot_be_understood_ends_with_2(string[] arguments, string message)
    {
        var result = await Cli.RunAsync(arguments);
        Assert.Equal((2, string.Empty), (result.ExitCode, result.Output));
        Assert.StartsWith($"autotower: {message}", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Count(letter => letter == '\n'));
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Work_that_cannot_be_done_ends_with_1(string[] arguments, string message)
    {
        var result = await Cli.RunAsync(arguments);
        Assert.Equal((1, string.Empty), (result.ExitCode, result.Output));
        // The device in use is named before it is known that the run can't start.
        var lines = result.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith("autotower: running on ", StringComparison.Ordinal));
        Assert.StartsWith($"autotower: {message}", Assert.Single(lines), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Nowhere), "a run that can't start leaves no folder");
    }

    [Fact]
    public async Task A_missing_folder_of_data_is_named()
    {
        var result = await Cli.RunAsync("search", "--data", "ml-100k", "--data-dir", "/no/such/folder");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("/no/such/folder", result.Error, StringComparison.Ordinal);
        Assert.Contains("u.data", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_holds_a_run_is_not_overwritten()
    {
        using var folder = new RunFolderFixture();
        string[] arguments = ["train", "--architecture", Good, .. Cli.TinyTraining, "--out", folder.Path];
        Assert.Equal(0, (await Cli.RunAsync(arguments)).ExitCode);
        var before = folder.Read("metrics.jsonl");
        var result = await Cli.RunAsync(arguments);
        Assert.Equal(1, result.ExitCode);
        Assert.EndsWith(
            $"autotower: The run folder {folder.Path} already holds a run; give a folder that is new or empty, or go on with --resume.{Environment.NewLine}",
            result.Error,
            StringComparison.Ordinal);
        Assert.Equal(before, folder.Read("metrics.jsonl"));
    }
}
