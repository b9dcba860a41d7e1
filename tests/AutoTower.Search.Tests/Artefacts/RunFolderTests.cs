using System.Text.Json;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Cost;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using AutoTower.Search.Tests.Cost;
using AutoTower.Search.Tests.Training;
using AutoTower.Search.Training;

namespace AutoTower.Search.Tests.Artefacts;

public sealed class RunFolderTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("autotower-run-");

    private string Folder => Path.Combine(_root.FullName, "runs", "first");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Records_can_be_read_while_the_run_goes_on()
    {
        using var folder = new RunFolder(Folder);
        folder.AppendRecord(json => json.WriteNumber("step", 1));
        folder.AppendRecord(json => json.WriteString("text", "two\nlines"));
        using var reader = new StreamReader(new FileStream(folder.PathOf("metrics.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal("{\"step\":1}\n{\"text\":\"two\\nlines\"}\n", reader.ReadToEnd());
    }

    [Fact]
    public void Files_are_replaced_whole()
    {
        using var folder = new RunFolder(Folder);
        folder.WriteText("architecture.txt", "first");
        folder.WriteText("architecture.txt", "second");
        Assert.Equal("second", File.ReadAllText(folder.PathOf("architecture.txt")).Trim());
        folder.WriteJson("config.json", json =>
        {
            json.WriteStartObject();
            json.WriteNumber("seed", 1);
            json.WriteEndObject();
        });
        Assert.Throws<InvalidOperationException>(() => folder.WriteJson("config.json", json =>
        {
            json.WriteStartObject();
            throw new InvalidOperationException("the run fails while it writes");
        }));
        using var config = JsonDocument.Parse(File.ReadAllText(folder.PathOf("config.json")));
        Assert.Equal(1, config.RootElement.GetProperty("seed").GetInt32());
        Assert.Equal(["architecture.txt", "config.json", "metrics.jsonl", "run.lock"], Directory.GetFiles(folder.Path).Select(path => Path.GetFileName(path)).Order());
    }

    [Fact]
    public void A_folder_that_cannot_take_a_run_is_named()
    {
        Directory.CreateDirectory(Folder);
        using (var first = new RunFolder(Folder))
        {
            first.WriteText(RunFolder.ConfigurationFile, "{}");
        }

        Assert.Equal(
            $"The run folder {Folder} already holds a run; give a folder that is new or empty, or go on with --resume.",
            Assert.Throws<IOException>(() => new RunFolder(Folder)).Message);

        var file = Path.Combine(_root.FullName, "file");
        File.WriteAllText(file, string.Empty);
        Assert.Equal(
            $"The run folder {file} is a file; give a folder that is new or empty.", Assert.Throws<IOException>(() => new RunFolder(file)).Message);
        var below = Path.Combine(file, "below");
        Assert.StartsWith($"The run folder {below} can't be written: ", Assert.Throws<IOException>(() => new RunFolder(below)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_folder_tells_command_data_and_seed() =>
        Assert.Matches(@"^runs.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-search-ml-100k-seed7$", RunFolder.DefaultPath("search", "ml-100k", 7));

    [Fact]
    public void The_recorder_writes_a_record_an_event()
    {
        var cost = CostModel.Of(SmallWorld.Mixed, PaperTables.Shape("ml-1m"), CostConvention.Paper);
        using var world = new SmallWorld();
        using var model = world.Experiment.NewModel(SearchSpace.Only(SmallWorld.Mixed));
        using (var folder = new RunFolder(Folder))
        {
            var recorder = new RunRecorder(folder);
            recorder.PhaseStarted("supernet", 200);
            recorder.Training(new TrainingProgress("supernet", 100, 200, 5.25, 33.333));
            recorder.Training(new TrainingProgress("retrain", 7, 70, 4.5, 10, Epoch: 1, ValidationLoss: 4.75));
            recorder.EpochEnded(model.At(SmallWorld.Mixed), new EpochRecord(1, 4.5, 4.75));
            recorder.Candidate(new CandidateRecord(12, 2, SmallWorld.Mixed, 6.5, cost));
            recorder.Candidate(new CandidateRecord(13, 2, SmallWorld.Mixed, double.NaN, cost));
            recorder.PhaseEnded("supernet", TimeSpan.FromSeconds(1.5));
        }

        var architecture = JsonEncodedText.Encode(SmallWorld.Mixed.ToString());
        Assert.Equal(
            [
                """{"event":"training","phase":"supernet","step":100,"loss":5.25,"steps_per_second":33.33}""",
                """{"event":"training","phase":"retrain","step":7,"loss":4.5,"steps_per_second":10,"epoch":1}""",
                $$"""{"event":"epoch","architecture":"{{architecture}}","epoch":1,"training_loss":4.5,"validation_loss":4.75}""",
                Candidate(12, "6.5"),
                Candidate(13, "null"),
                """{"event":"phase","phase":"supernet","seconds":1.5}""",
            ],
            File.ReadAllLines(Path.Combine(Folder, "metrics.jsonl")));

        string Candidate(int index, string loss) =>
            $$"""{"event":"candidate","index":{{index}},"iteration":2,"architecture":"{{architecture}}","loss":{{loss}},"""
            + $"\"params\":{cost.Total.Parameters},\"flops\":{cost.Total.Flops}}}";
    }
}
