using System.Xml.Linq;
using AutoTower.Report.Drawing;
using AutoTower.Search.Reproduction;

namespace AutoTower.Report.Tests;

public sealed class ReproductionFigureTests
{
    [Fact]
    public void A_table_has_a_figure_a_data_set_and_metric_with_the_papers_values_as_rings()
    {
        var table = new ReproducedTable(
            "table4", "Table 4", [Row("ml-100k", "GoogleDNN M", null, 36.48), Row("ml-100k", "AutoTower M", null, 40.28), Row("beauty", "AutoTower M", null, null)], []);
        var figures = ReproductionFigures.Of(table);
        Assert.Equal(
            ["table4-ml-100k-recall-50", "table4-ml-100k-ndcg-50", "table4-beauty-recall-50", "table4-beauty-ndcg-50"], figures.Select(figure => figure.Name));
        var svg = XDocument.Parse(SvgCanvas.Draw(figures[0], figures[0].Width));
        var circles = svg.Descendants().Where(element => element.Name.LocalName == "circle").ToList();
        // Two of the legend, two of ours, two of the paper.
        Assert.Equal(6, circles.Count);
        Assert.Contains("AutoTower M", svg.ToString(), StringComparison.Ordinal);
        Assert.Contains("printed: 40.28", svg.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", svg.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_figure_of_the_paper_has_curves_over_what_is_varied()
    {
        var table = new ReproducedTable("figure3", "Figure 3", [.. Enumerable.Range(3, 5).Select(blocks => Row("ml-1m", $"{blocks} blocks", blocks, null))], [])
        {
            Axis = "choice blocks",
        };
        var figures = ReproductionFigures.Of(table);
        Assert.Equal(["figure3-ml-1m-recall-50", "figure3-ml-1m-ndcg-50", "figure3-ml-1m-flops"], figures.Select(figure => figure.Name));
        foreach (var figure in figures)
        {
            var svg = SvgCanvas.Draw(figure, figure.Width);
            Assert.Contains("choice blocks", svg, StringComparison.Ordinal);
            Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
        }
    }

    private static ReproducedRow Row(string data, string label, double? x, double? printed) => new(
        data,
        label,
        label,
        "m",
        false,
        x,
        printed is null ? null : new PrintedResult(printed, printed + 3),
        [.. new[] { 0.38, 0.4 }.Select((recall, i) => new CellResult(
            (ulong)i + 1,
            label,
            2e5,
            1e5 * (i + 1),
            new Dictionary<string, double> { ["paper recall@50"] = recall, ["paper ndcg@50"] = recall + 0.03 },
            1))]);
}
