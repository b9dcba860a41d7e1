using System.Text.Json;
using AutoTower.Cli.Tests.Runs;

namespace AutoTower.Cli.Tests;

public sealed class BenchCommandTests
{
    private static readonly string[] Growth =
    [
        "bench", "growth", "--device", "cpu", "--threads", "2", "--users", "60", "--items", "40", "--interactions", "1500", "--blocks", "3", "--batch", "32",
        "--embedding-dim", "4", "--bench-steps", "2", "--warm-up", "1", "--repeat", "2", "--json",
    ];

    [Fact]
    public async Task Searches_are_repeated_and_their_phases_and_memory_reported()
    {
        var result = (await Cli.RunAsync([
            "bench", "--what", "search", "--repeat", "2", "--history", "7", "--batch", "64", "--epochs", "1", "--embedding-dim", "4", "--steps", "20",
            "--iterations", "1", "--population", "4", "--top", "1", "--user-blocks", "3", "--item-blocks", "3", "--statistics-batches", "2",
            "--fitness-batches", "2", "--threads", "2", "--device", "cpu", "--json", .. Cli.TinyData])).Json();
        Assert.Equal((60, 40, 1500, 7), (Integer(result, "users"), Integer(result, "items"), Integer(result, "interactions"), Integer(result, "history")));
        string[] names = ["whole search", "whole search: supernet", "whole search: evolution", "whole search: retraining"];
        var timings = result.GetProperty("results").EnumerateArray().ToDictionary(timing => timing.GetProperty("name").GetString()!);
        Assert.Equal(names, timings.Keys);
        Assert.All(timings.Values, timing => Assert.Equal(2, Integer(timing, "repetitions")));
        var milliseconds = names.Select(name => timings[name].GetProperty("ms_a_unit_p20").GetDouble()).ToArray();
        Assert.InRange(milliseconds[1..].Sum(), 1, milliseconds[0] * 1.5);
        Assert.InRange(result.GetProperty("device_peak_bytes").GetInt64(), result.GetProperty("device_live_bytes").GetInt64() + 1, long.MaxValue);
        Assert.InRange(result.GetProperty("host_peak_bytes").GetInt64(), 10_000_000, long.MaxValue);
        Assert.InRange(result.GetProperty("set_up_seconds").GetDouble(), 0, 60);
    }

    [Fact]
    public async Task Growth_varies_one_quantity_at_a_time()
    {
        var outcome = await Cli.RunAsync([.. Growth, "--series", "history,blocks,items", "--most-history", "50", "--most-blocks", "4", "--most-items", "10000"]);
        var points = outcome.Json().GetProperty("results").EnumerateArray().ToList();
        Assert.Equal(
            [("history", 20), ("history", 50), ("blocks", 3), ("blocks", 4), ("items", 10_000)],
            points.Select(point => (point.GetProperty("series").GetString()!, Integer(point, "value"))));
        Assert.Equal([20, 50, 20, 20, 20], points.Select(point => Integer(point, "history")));
        Assert.Equal([3, 3, 3, 4, 3], points.Select(point => Integer(point, "blocks")));
        Assert.Equal([40, 40, 40, 40, 10_000], points.Select(point => Integer(point, "items")));
        Assert.All(points, point =>
        {
            Assert.Equal(32, Integer(point, "batch"));
            Assert.Equal(
                32 * point.GetProperty("steps_a_second").GetDouble(), point.GetProperty("examples_a_second").GetDouble(), 1e-6);
            Assert.Equal(0, point.GetProperty("fused_towers_share").GetDouble());
            Assert.Equal(4, point.GetProperty("other_poolings").GetArrayLength());
            // Values, gradients and two moments.
            Assert.InRange(point.GetProperty("device_live_bytes").GetInt64(), 16 * point.GetProperty("parameters").GetInt64(), long.MaxValue);
        });
        Assert.InRange(points[4].GetProperty("parameters").GetInt64() - points[2].GetProperty("parameters").GetInt64(), 9960 * 4, 9960 * 4);
    }

    [Fact]
    public async Task A_point_that_fails_says_why_and_the_others_are_measured()
    {
        var outcome = await Cli.RunAsync([.. Growth.Select(word => word is "1500" ? "2500" : word), "--series", "history,items", "--most-history", "20", "--most-items", "10000"]);
        Assert.Equal(ExitCode.Failure, outcome.ExitCode);
        var points = Cli.Parse(outcome.Output).GetProperty("results").EnumerateArray().ToList();
        Assert.Equal("2500 synthetic interactions are more than 60 users x 40 items can have, as nobody meets an item twice.", points[0].GetProperty("failure").GetString());
        Assert.True(points[1].TryGetProperty("steps_a_second", out _));
    }

    [Theory]
    [InlineData("--series takes names of batch,history,blocks,items with commas between them, not 'users'. See 'autotower bench growth --help'.", "growth", "--series", "items,users")]
    [InlineData("--blocks takes a whole number from 3 to 7, not '8'. See 'autotower bench growth --help'.", "growth", "--blocks", "8")]
    [InlineData("--history takes a whole number from 1 to 1000, not '0'. See 'autotower bench --help'.", "--history", "0")]
    [InlineData("--preset takes paper or quick, not 'slow'. See 'autotower bench --help'.", "--preset", "slow")]
    [InlineData("--repeat takes a whole number from 1, not '0'. See 'autotower bench --help'.", "--repeat", "0")]
    public async Task Bad_input_is_explained(string message, params string[] arguments)
    {
        var outcome = await Cli.RunAsync(["bench", .. arguments]);
        Assert.Equal(ExitCode.Usage, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    private static int Integer(JsonElement element, string property) => element.GetProperty(property).GetInt32();
}
