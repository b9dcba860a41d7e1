using System.Diagnostics;
using System.Text.Json;
using AutoTower.Tests.Files;

namespace AutoTower.Cli.Tests.Runs;

public sealed class SignalTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    [Theory]
    [InlineData(Program.Interrupt, ExitCode.Interrupted)]
    [InlineData(Program.Terminate, ExitCode.Terminated)]
    public async Task A_signal_ends_the_run_with_a_checkpoint_and_a_report_and_the_run_goes_on(int signal, int exitCode)
    {
        var folder = _temporary["run"];
        using var process = Program.Start([.. Long(), "--out", folder]);
        var finished = process.Finish();
        await UntilTraining(folder);
        process.Send(signal);
        var outcome = await finished;
        Assert.True(exitCode == outcome.ExitCode, $"{outcome.ExitCode}: {outcome.Error}");
        Assert.Contains("stopping after this step", outcome.Error, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(outcome.Output);
        var steps = report.RootElement.GetProperty("stopped").GetProperty("steps").GetInt32();
        Assert.True(steps >= 100, $"{steps} steps");
        Assert.Single(Directory.EnumerateFiles(Path.Combine(folder, "checkpoints")));

        using var again = Program.Start(["search", "--resume", folder, "--json"]);
        var resumed = again.Finish();
        await UntilTraining(folder, after: steps);
        again.Send(signal);
        using var second = JsonDocument.Parse((await resumed).Output);
        Assert.True(second.RootElement.GetProperty("stopped").GetProperty("steps").GetInt32() > steps, "the run went on");
    }

    [Fact]
    public async Task A_wish_that_arrives_twice_at_once_counts_once()
    {
        // timeout(1) signals the program and then the group that both are in.
        var folder = _temporary["run"];
        using var process = Program.Start([.. Long(), "--out", folder], "set -- timeout -s INT 600 \"$@\"");
        var finished = process.Finish();
        await UntilTraining(folder);
        process.Send(Program.Interrupt);
        var outcome = await finished;
        using var report = JsonDocument.Parse(outcome.Output);
        Assert.True(report.RootElement.TryGetProperty("stopped", out _), outcome.Output);
    }

    [Fact]
    public async Task Two_signals_end_the_run()
    {
        var folder = _temporary["run"];
        using var process = Program.Start([.. Long(), "--out", folder]);
        var finished = process.Finish();
        await UntilTraining(folder);
        process.Send(Program.Interrupt);
        await Task.Delay(250, TestContext.Current.CancellationToken);
        process.Send(Program.Interrupt);
        Assert.Equal(ExitCode.Interrupted, (await finished).ExitCode);
    }

    public void Dispose() => _temporary.Dispose();

    // A search that does not end by itself while a test looks at it.
    private static string[] Long() => [.. Program.TinySearch.Select(argument => argument == "60" ? "1000000" : argument)];

    private static async Task UntilTraining(string folder, int after = 0)
    {
        var metrics = Path.Combine(folder, "metrics.jsonl");
        var patience = Stopwatch.StartNew();
        while (!Steps(metrics).Any(step => step > after))
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(3), "no training within three minutes");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static IEnumerable<int> Steps(string metrics)
    {
        if (!File.Exists(metrics))
        {
            return [];
        }

        using var reader = new StreamReader(new FileStream(metrics, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. reader.ReadToEnd().Split('\n').SkipLast(1).Where(line => line.Contains("\"training\"", StringComparison.Ordinal)).Select(line =>
        {
            using var record = JsonDocument.Parse(line);
            return record.RootElement.GetProperty("step").GetInt32();
        })];
    }
}
