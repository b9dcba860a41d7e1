using System.Text;
using System.Text.Json;
using AutoTower.Search.Baselines;
using AutoTower.Search.Cost;
using AutoTower.Search.Reproduction;
using AutoTower.Search.Space;
using AutoTower.Search.Tests.Cost;

namespace AutoTower.Search.Tests.Reproduction;

public sealed class ReproducedTableTests
{
    private static readonly ReproducedTable Table = new(
        "table4",
        "A table",
        [
            Row("weak", true, 0.30, 0.31, 0.32),
            Row("strong", true, 0.34, 0.36, 0.35),
            Row("ours", false, 0.39, 0.42, 0.405) with { Printed = new PrintedResult(40.28, 43.21, 0.22, 0.23) },
            Row("alone", false, 0.2) with { Scenario = "h", Runs = [] },
        ],
        [("yelp", "its files are not there")]);

    [Fact]
    public void Models_are_tested_against_the_best_baseline_of_their_scenario_over_common_seeds()
    {
        var (baseline, test) = Table.AgainstBestBaseline(Table.Rows[2], "paper recall@50")!.Value;
        Assert.Equal("strong", baseline.Method);
        Assert.Equal(3, test.Pairs);
        // Differences 0.05, 0.06, 0.055: mean 0.055, standard deviation 0.005, t = 0.055 / (0.005 / sqrt 3).
        Assert.Equal(0.055, test.MeanDifference, 1e-9);
        Assert.Equal(19.0526, test.T, 1e-3);
        Assert.Null(Table.AgainstBestBaseline(Table.Rows[0], "paper recall@50"));
        Assert.Null(Table.AgainstBestBaseline(Table.Rows[3], "paper recall@50"));
    }

    [Fact]
    public void Markdown_shows_the_papers_numbers_beside_ours()
    {
        var text = new StringWriter();
        ReproducedTableMarkdown.Write(text, Table);
        var row = text.ToString().Split('\n').Single(line => line.StartsWith("| ours ", StringComparison.Ordinal));
        Assert.Equal(
            "| ours | 3 | 40.28 | 40.50 ± 1.50 | 43.21 | 50.50 ± 1.50 | 40.50 ± 1.50 | 50.50 ± 1.50 | 0.22 | 0.20 ± 0.00 | 0.23 | 0.10 ± 0.00 "
            + "| +5.50* (strong) | 0.0027 | +5.50* (strong) | 0.0027 |",
            row.TrimEnd());
        Assert.Contains("| alone | 0 | - | - |", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("- yelp: its files are not there", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_every_run()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            ReproducedTableJson.Write(writer, Table);
        }

        using var document = JsonDocument.Parse(Encoding.UTF8.GetString(stream.ToArray()));
        var ours = document.RootElement.GetProperty("rows")[2];
        Assert.Equal(3, ours.GetProperty("runs").GetArrayLength());
        Assert.Equal(0.42, ours.GetProperty("runs")[1].GetProperty("paper recall@50").GetDouble());
        Assert.Equal("strong", ours.GetProperty("ours").GetProperty("paper recall@50").GetProperty("best_baseline").GetString());
        Assert.Equal(0.4028, ours.GetProperty("printed").GetProperty("recall@50").GetDouble(), 1e-9);
    }

    [Theory]
    [InlineData("ml-100k")]
    [InlineData("ml-1m")]
    [InlineData("yelp")]
    [InlineData("amazon-books")]
    public void The_printed_architectures_have_the_printed_costs(string data)
    {
        var cost = CostModel.Of(
            Architecture.Parse(PrintedResults.Architectures[data]), PaperTables.Shape(data), CostConvention.Paper).Total;
        var printed = PrintedResults.Table7(data)!;
        // The paper prints the towers one by one, so the sum is off by up to a digit.
        Assert.Equal(printed.Parameters!.Value, cost.Parameters / 1e6, 0.011);
        Assert.Equal(printed.Flops!.Value, cost.Flops / 1e6, 0.011);
        Assert.Equal(PrintedResults.Table9(data, data)!.Recall, printed.Recall);
    }

    [Fact]
    public void Table_4_has_every_baseline_on_every_data_set_of_the_paper()
    {
        foreach (var data in new[] { "ml-100k", "ml-1m", "yelp", "amazon-books" })
        {
            Assert.All(BaselineCatalog.Trained, model => Assert.True(PrintedResults.Table4(model.Name, data) is { Recall: > 5, Ndcg: > 10 }));
        }

        Assert.Null(PrintedResults.Table4("google-dnn-l", "beauty"));
    }

    private static ReproducedRow Row(string name, bool isBaseline, params double[] recalls) => new(
        "ml-100k",
        name,
        name,
        "m",
        isBaseline,
        null,
        null,
        [
            .. recalls.Select((recall, i) => new CellResult(
                (ulong)i + 1,
                name,
                200_000,
                100_000,
                new Dictionary<string, double>
                {
                    ["paper recall@50"] = recall,
                    ["paper ndcg@50"] = recall + 0.1,
                    ["strict recall@50"] = recall,
                    ["strict ndcg@50"] = recall + 0.1,
                },
                1)),
        ]);
}
