using AutoTower.Tests.Files;

namespace AutoTower.Cli.Tests.Runs;

public sealed class KillTests : IDisposable
{
    private const int Kills = 50;
    private const int Chains = 2;
    private readonly TemporaryFolder _temporary = new();

    [Fact]
    public async Task A_search_killed_at_fifty_random_moments_ends_like_one_that_was_not()
    {
        var whole = _temporary["whole"];
        var watch = System.Diagnostics.Stopwatch.StartNew();
        using var reference = Program.Start([.. Program.TinySearch, "--out", whole]);
        var outcome = await reference.Finish();
        Assert.True(outcome.ExitCode == ExitCode.Success, outcome.Error);
        var duration = watch.Elapsed;
        var kills = await Task.WhenAll(Enumerable.Range(0, Chains).Select(chain => KillAndGoOn(chain, duration)));
        Assert.Equal(Kills, kills.Sum());

        async Task<int> KillAndGoOn(int chain, TimeSpan duration)
        {
            var random = new Random(chain);
            var kills = 0;
            for (var run = 0; kills < Kills / Chains; run++)
            {
                var folder = _temporary[$"{chain}-{run}"];
                kills += await KillUntilDone(folder, (Kills / Chains) - kills, () => duration * random.NextDouble() * 1.2);
                Assert.Equal(RunFiles.Report(whole), RunFiles.Report(folder));
                Assert.Equal(RunFiles.Metrics(whole), RunFiles.Metrics(folder));
                Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "weights.safetensors")), File.ReadAllBytes(Path.Combine(folder, "weights.safetensors")));
                Directory.Delete(folder, recursive: true);
            }

            return kills;
        }
    }

    public void Dispose() => _temporary.Dispose();

    /// <summary>Starts a search, kills it after a while, lets it go on, and so forth until it ends or was killed often enough; the number of kills.</summary>
    private static async Task<int> KillUntilDone(string folder, int most, Func<TimeSpan> delay)
    {
        for (var kills = 0; ; kills++)
        {
            // A run that was killed before it had written its options is started anew.
            string[] arguments = File.Exists(Path.Combine(folder, "config.json"))
                ? ["search", "--resume", folder, "--json", "--checkpoint-steps", "3"]
                : [.. Program.TinySearch, "--out", folder, "--checkpoint-steps", "3"];
            using var process = Program.Start(arguments);
            var finished = process.Finish();
            if (kills < most && await Task.WhenAny(finished, Task.Delay(delay(), TestContext.Current.CancellationToken)) != finished)
            {
                process.Send(Program.Kill);
            }

            var outcome = await finished;
            if (outcome.ExitCode == ExitCode.Success)
            {
                return kills;
            }

            Assert.True(outcome.ExitCode == 128 + Program.Kill, outcome.Error);
            Assert.DoesNotContain("rejected", outcome.Error, StringComparison.Ordinal);
        }
    }
}
