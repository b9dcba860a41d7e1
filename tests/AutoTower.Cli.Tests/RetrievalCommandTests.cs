using System.Text.Json;
using AutoTower.Search.Artefacts;

namespace AutoTower.Cli.Tests;

public sealed class RetrievalCommandTests : IDisposable
{
    private readonly FinishedRunFolder _run = new();

    [Fact]
    public async Task Embed_writes_a_vector_and_an_id_for_every_user_and_item()
    {
        var (code, output, error) = await Run("embed", "--run", _run.Path, "--out", _run.File("u.npy"), _run.File("i.npy"));
        Assert.True(code == ExitCode.Success, error);
        Assert.Contains("u.ids.txt", output, StringComparison.Ordinal);
        var users = NpyFile.Read(_run.File("u.npy"));
        var items = NpyFile.Read(_run.File("i.npy"));
        Assert.Equal((60, 64), (users.Rows, users.Columns));
        Assert.Equal((40, 64), (items.Rows, items.Columns));
        Assert.Equal(_run.Dataset.UserKeys.Skip(1), File.ReadLines(_run.File("u.ids.txt")));
        Assert.Equal(_run.Dataset.ItemKeys.Skip(1), File.ReadLines(_run.File("i.ids.txt")));
        for (var user = 0; user < users.Rows; user++)
        {
            Assert.Equal(1, users.Values.AsSpan(user * 64, 64).ToArray().Sum(value => (double)value * value), 1e-5);
        }
    }

    [Fact]
    public async Task Embed_writes_Parquet_where_a_file_is_called_so()
    {
        var (code, _, error) = await Run("embed", "--run", _run.Path, "--out", _run.File("u.parquet"), _run.File("i.parquet"));
        Assert.True(code == ExitCode.Success, error);
        foreach (var name in new[] { "u.parquet", "i.parquet" })
        {
            var bytes = await File.ReadAllBytesAsync(_run.File(name), TestContext.Current.CancellationToken);
            Assert.True(bytes.AsSpan().StartsWith("PAR1"u8) && bytes.AsSpan().EndsWith("PAR1"u8), name);
        }

        Assert.False(File.Exists(_run.File("u.ids.txt")));
    }

    [Fact]
    public async Task Recommend_lists_the_items_with_the_largest_products_of_the_embedded_vectors()
    {
        await Run("embed", "--run", _run.Path, "--out", _run.File("u.npy"), _run.File("i.npy"));
        var users = NpyFile.Read(_run.File("u.npy"));
        var items = NpyFile.Read(_run.File("i.npy"));
        var (code, output, error) = await Run("recommend", "--run", _run.Path, "--user", _run.Dataset.UserKeys[5], "--k", "7", "--json");
        Assert.True(code == ExitCode.Success, error);
        using var document = JsonDocument.Parse(output);
        var scores = Enumerable.Range(0, items.Rows).Select(item => Enumerable.Range(0, 64).Sum(
            i => (double)users.Values[4 * 64 + i] * items.Values[item * 64 + i])).ToArray();
        var found = document.RootElement.GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal(7, found.Length);
        for (var rank = 0; rank < found.Length; rank++)
        {
            var item = _run.Dataset.ItemKeys.ToList().IndexOf(found[rank].GetProperty("item").GetString()!) - 1;
            Assert.Equal(rank + 1, found[rank].GetProperty("rank").GetInt32());
            Assert.Equal(scores.OrderDescending().ElementAt(rank), scores[item], 1e-6);
            Assert.Equal(scores[item], found[rank].GetProperty("score").GetDouble(), 1e-6);
        }
    }

    [Fact]
    public async Task A_new_user_needs_a_history()
    {
        var (code, _, error) = await Run("recommend", "--run", _run.Path, "--user", "stranger");
        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("synthetic has no user stranger; give the items", error, StringComparison.Ordinal);
        string[] history = [_run.Dataset.ItemKeys[3], _run.Dataset.ItemKeys[8]];
        var served = await Run(
            "recommend", "--run", _run.Path, "--user", "stranger", "--history", string.Join(',', history), "--exclude-seen", "--k", "100", "--json");
        Assert.True(served.Code == ExitCode.Success, served.Error);
        using var document = JsonDocument.Parse(served.Output);
        var found = document.RootElement.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("item").GetString()).ToArray();
        Assert.Equal(38, found.Length);
        Assert.DoesNotContain(found, history.Contains);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1025")]
    [InlineData("many")]
    public async Task K_outside_its_range_is_a_usage_error(string k)
    {
        var (code, _, error) = await Run("recommend", "--run", _run.Path, "--user", "1", "--k", k);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("--k", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_a_run_is_named()
    {
        var (code, _, error) = await Run("recommend", "--run", _run.File("nowhere"), "--user", "1");
        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("nowhere", error, StringComparison.Ordinal);
    }

    public void Dispose() => _run.Dispose();

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync([.. arguments, "--device", "cpu"], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
