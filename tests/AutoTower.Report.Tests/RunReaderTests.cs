using AutoTower.Report.Runs;
using AutoTower.Search.Data;

namespace AutoTower.Report.Tests;

public sealed class RunReaderTests : IDisposable
{
    private readonly SampleRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void A_search_is_read()
    {
        var run = RunReader.Read(_run.Folder);
        Assert.Equal(("run-1", "search"), (run.Name, run.Command));
        Assert.Equal(24, run.Candidates.Count);
        Assert.Equal(20, run.Losses["supernet"].Count);
        Assert.Equal([SampleRun.Best, SampleRun.Second], run.Trained.Select(model => model.Name));
        Assert.Equal(["sa-1", "ew-sum", "mlp-1024"], run.Trained[1].Architecture!.Item);
        Assert.Equal(3, run.Trained[0].BestEpoch);
        Assert.Equal(0.29, run.Trained[0].Test["strict"].Values["recall@10"], 12);
        Assert.Equal(88, run.Popularity["strict"].Users);
        Assert.Equal(["strict", "paper"], run.Protocols);
        Assert.Equal(400_000, run.Limit("max-params"));
        Assert.Null(run.Limit("max-user-params"));
    }

    [Fact]
    public void A_single_training_is_read()
    {
        _run.Write("report.json", _run.Read("report.json").Replace("\"search\": {", "\"ignored\": {", StringComparison.Ordinal));
        Assert.Empty(RunReader.Read(_run.Folder).Trained);
        _run.Write("report.json", """{"trained": {"architecture": "google-dnn-l", "best_epoch": 1, "epochs": [], "test": {}}, "popularity": {}}""");
        var model = Assert.Single(RunReader.Read(_run.Folder).Trained);
        Assert.Null(model.Architecture);
        Assert.Equal("google-dnn-l", model.Name);
    }

    [Fact]
    public void The_front_of_a_multi_objective_search_is_read_and_shown()
    {
        Assert.Empty(RunReader.Read(_run.Folder).Front);
        Assert.DoesNotContain("id=\"front\"", HtmlReport.Create(RunReader.Read(_run.Folder), []), StringComparison.Ordinal);
        _run.Write("report.json", _run.Read("report.json").Replace(
            "\"candidates_evaluated\"",
            $$"""
            "front": [{"architecture": "{{SampleRun.Best}}", "params": 210000, "flops": 118000.5, "fitness": 6.1, "latency_ms": 0.25},
                      {"architecture": "{{SampleRun.Second}}", "params": 90000, "flops": 50000, "fitness": 6.2}], "candidates_evaluated"
            """,
            StringComparison.Ordinal));
        var run = RunReader.Read(_run.Folder);
        Assert.Equal([SampleRun.Best, SampleRun.Second], run.Front.Select(member => member.Architecture.ToString()));
        Assert.Equal((6.1, 210_000, 118_000.5, 0.25), (run.Front[0].Loss, run.Front[0].Parameters, run.Front[0].Flops, run.Front[0].LatencyMilliseconds));
        Assert.Null(run.Front[1].LatencyMilliseconds);
        var page = HtmlReport.Create(run, []);
        Assert.Contains("<td>6.2000</td><td>90,000</td><td>50,000</td><td>–</td>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_goes_on_has_no_results_and_may_end_in_half_a_line()
    {
        File.Delete(Path.Combine(_run.Folder, "report.json"));
        _run.Write("metrics.jsonl", _run.Read("metrics.jsonl") + "{\"event\":\"candi");
        var run = RunReader.Read(_run.Folder);
        Assert.Empty(run.Trained);
        Assert.Equal(24, run.Candidates.Count);
    }

    [Fact]
    public void Records_that_a_resumed_run_repeats_count_once()
    {
        _run.Write("metrics.jsonl", _run.Read("metrics.jsonl") + """{"event":"training","phase":"supernet","step":2000,"loss":1.5}""" + "\n");
        var losses = RunReader.Read(_run.Folder).Losses["supernet"];
        Assert.Equal(20, losses.Count);
        Assert.Equal(new LossPoint(2000, 1.5), losses[^1]);
    }

    [Fact]
    public void Damage_is_named()
    {
        _run.Write("metrics.jsonl", "{\"event\":\n" + _run.Read("metrics.jsonl"));
        Assert.Contains("metrics.jsonl, line 1", Assert.Throws<DataException>(() => RunReader.Read(_run.Folder)).Message, StringComparison.Ordinal);
        _run.Write("config.json", "[1]");
        Assert.Contains("config.json is no JSON object", Assert.Throws<DataException>(() => RunReader.Read(_run.Folder)).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(_run.Folder, "config.json"));
        Assert.Contains("is not a run folder", Assert.Throws<DataException>(() => RunReader.Read(_run.Folder)).Message, StringComparison.Ordinal);
    }
}
