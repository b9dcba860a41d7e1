using AutoTower.Tests.Files;

namespace AutoTower.Cli.Tests.Runs;

public sealed class RunFolderFailureTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    [Fact]
    public async Task A_full_disk_ends_with_one_sentence_and_the_run_goes_on_when_there_is_room()
    {
        var folder = _temporary["run"];
        // No file may pass 64 KiB, which checkpoints do; .NET's own memory mappings must not count as files.
        using var process = Program.Start(
            [.. Program.TinySearch, "--out", folder], "trap '' XFSZ; ulimit -f 64; export DOTNET_EnableWriteXorExecute=0");
        var outcome = await process.Finish();
        Assert.True(outcome.ExitCode == ExitCode.Failure, outcome.Error);
        var sentence = outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.StartsWith("autotower: ", sentence, StringComparison.Ordinal);
        Assert.Contains("checkpoint-00000001.bin could not be written", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(folder, "checkpoints")));
        var resumed = await Program.Run("search", "--resume", folder, "--json");
        Assert.True(resumed.ExitCode == ExitCode.Success, resumed.Error);
        Assert.Contains("has no checkpoint that can be used", resumed.Error, StringComparison.Ordinal);
        var whole = await Program.Run([.. Program.TinySearch, "--out", _temporary["whole"]]);
        Assert.True(whole.ExitCode == ExitCode.Success, whole.Error);
        Assert.Equal(RunFiles.Report(_temporary["whole"]), RunFiles.Report(folder));
        Assert.Equal(RunFiles.Metrics(_temporary["whole"]), RunFiles.Metrics(folder));
    }

    [Fact]
    public async Task A_folder_that_can_not_be_written_is_one_sentence()
    {
        var outcome = await Program.Run([.. Program.TinySearch, "--out", "/proc/autotower"]);
        Assert.Equal(ExitCode.Failure, outcome.ExitCode);
        var sentence = outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.StartsWith("autotower: The run folder /proc/autotower can't be written: ", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_named_and_the_one_before_it_is_used()
    {
        var folder = _temporary["run"];
        await Program.Run([.. Program.TinySearch, "--out", folder]);
        var expected = RunFiles.Report(folder);
        var metrics = RunFiles.Metrics(folder);
        File.Delete(Path.Combine(folder, "report.json"));
        var newest = Directory.EnumerateFiles(Path.Combine(folder, "checkpoints")).Max()!;
        var bytes = File.ReadAllBytes(newest);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(newest, bytes);
        var resumed = await Program.Run("search", "--resume", folder, "--json");
        Assert.True(resumed.ExitCode == ExitCode.Success, resumed.Error);
        Assert.Contains($"{newest} is damaged", resumed.Error, StringComparison.Ordinal);
        Assert.Contains("going on from", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(expected, RunFiles.Report(folder));
        Assert.Equal(metrics, RunFiles.Metrics(folder));
    }

    [Fact]
    public async Task A_finished_run_shows_its_report_again()
    {
        var folder = _temporary["run"];
        var first = await Program.Run([.. Program.TinySearch, "--out", folder]);
        var again = await Program.Run("search", "--resume", folder, "--json");
        Assert.Equal(ExitCode.Success, again.ExitCode);
        Assert.Equal(first.Output.Trim(), again.Output.Trim());
    }

    public void Dispose() => _temporary.Dispose();
}
