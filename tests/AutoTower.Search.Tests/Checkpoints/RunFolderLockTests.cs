using AutoTower.Search.Artefacts;
using AutoTower.Tests.Files;

namespace AutoTower.Search.Tests.Checkpoints;

public sealed class RunFolderLockTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    [Fact]
    public void A_folder_in_use_is_refused_and_free_again_afterwards()
    {
        using (var first = new RunFolder(_temporary["run"]))
        {
            first.WriteText(RunFolder.ConfigurationFile, "{}");
            var failure = Assert.Throws<IOException>(() => RunFolder.Reopen(_temporary["run"]));
            Assert.Contains("is in use by another run", failure.Message, StringComparison.Ordinal);
            first.AppendRecord(json => json.WriteNumber("step", 1));
        }

        using var again = RunFolder.Reopen(_temporary["run"]);
        again.AppendRecord(json => json.WriteNumber("step", 2));
        again.Dispose();
        Assert.Equal(["{\"step\":1}", "{\"step\":2}"], File.ReadAllLines(_temporary["run/metrics.jsonl"]));
    }

    [Fact]
    public void A_new_run_does_not_overwrite_another()
    {
        using (var first = new RunFolder(_temporary["run"]))
        {
            first.WriteText(RunFolder.ConfigurationFile, "{}");
        }

        var failure = Assert.Throws<IOException>(() => new RunFolder(_temporary["run"]));
        Assert.Contains("already holds a run", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_killed_before_it_wrote_its_configuration_leaves_the_folder_usable()
    {
        new RunFolder(_temporary["run"]).Dispose();
        new RunFolder(_temporary["run"]).Dispose();
    }

    [Fact]
    public void There_must_be_a_run_to_go_on_with() =>
        Assert.Contains("it has no config.json", Assert.Throws<IOException>(() => RunFolder.Reopen(_temporary.Path)).Message, StringComparison.Ordinal);

    public void Dispose() => _temporary.Dispose();
}
