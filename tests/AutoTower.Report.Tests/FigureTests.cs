using System.Globalization;
using System.Xml.Linq;
using AutoTower.Plots;
using AutoTower.Report.Charts;
using AutoTower.Report.Drawing;
using AutoTower.Report.Runs;

namespace AutoTower.Report.Tests;

public sealed class FigureTests : IDisposable
{
    private static readonly string[] Expected =
    [
        "user-tower-1", "item-tower-1", "user-tower-2", "item-tower-2", "search-progress", "fitness-flops", "fitness-parameters",
        "surviving-blocks", "surviving-poolings", "supernet-loss", "training-curves", "metrics-strict", "metrics-paper",
    ];

    private readonly SampleRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void A_search_has_all_figures() => Assert.Equal(Expected, Figures.Of(RunReader.Read(_run.Folder), []).Select(figure => figure.Name));

    [Theory]
    [InlineData(340)]
    [InlineData(720)]
    public void Every_figure_is_well_formed_and_stays_within_its_frame(double width)
    {
        Assert.All(Figures.Of(RunReader.Read(_run.Folder), [RunReader.Read(_run.Folder)]), figure =>
        {
            var svg = XDocument.Parse(SvgCanvas.Draw(figure, width)).Root!;
            var height = Number(svg, "height");
            Assert.Equal(width, Number(svg, "width"));
            var marks = svg.Descendants().Where(element => element.Name.LocalName is "circle" or "rect").ToArray();
            Assert.All(marks, mark =>
            {
                var (x, y) = mark.Name.LocalName == "circle" ? (Number(mark, "cx"), Number(mark, "cy")) : (Number(mark, "x"), Number(mark, "y"));
                Assert.InRange(x, 0, width);
                Assert.InRange(y, 0, height);
                Assert.InRange(mark.Name.LocalName == "rect" ? x + Number(mark, "width") : x, 0, width + 0.01);
            });
            Assert.All(
                svg.Descendants().Where(element => element.Name.LocalName == "polyline").SelectMany(line => line.Attribute("points")!.Value.Split(' ')),
                point => Assert.InRange(double.Parse(point.Split(',')[0], CultureInfo.InvariantCulture), 0, width));
        });
    }

    [Fact]
    public void A_tower_diagram_shows_every_block_and_the_inputs()
    {
        var figure = Figures.Of(RunReader.Read(_run.Folder), []).Single(figure => figure.Name == "user-tower-1");
        var texts = XDocument.Parse(SvgCanvas.Draw(figure, figure.Width)).Root!.Descendants()
            .Where(element => element.Name.LocalName == "text").Select(element => element.Value).ToArray();
        string[] shown = ["user", "age group", "gender", "occupation", "self-attention pooling", "mlp-512", "sa-1", "ew-ip", "user vector, length 1"];
        Assert.All(shown, text => Assert.Contains(text, texts));
        // Blocks 1, 2 and 3 read 1, 2 and 3 earlier outputs.
        var dots = XDocument.Parse(SvgCanvas.Draw(figure, figure.Width)).Root!.Descendants().Count(element => element.Name.LocalName == "circle");
        Assert.Equal(6, dots);
    }

    [Fact]
    public void Nobody_on_the_front_is_beaten_in_both()
    {
        var architecture = ArchitectureText.Parse(SampleRun.Best)!;
        Candidate[] candidates =
        [
            new(1, architecture, 5, 10, 0), new(1, architecture, 4, 20, 0), new(1, architecture, 4.5, 20, 0),
            new(1, architecture, 4.2, 30, 0), new(1, architecture, 3, 40, 0),
        ];
        Assert.Equal([(10.0, 5.0), (20, 4), (40, 3)], SearchCharts.Front(candidates, candidate => candidate.Parameters).Select(candidate => (candidate.Parameters, candidate.Loss)));
    }

    [Theory]
    [InlineData(0.0, 97.0, 5, new[] { 0.0, 20, 40, 60, 80, 100 })]
    [InlineData(6.213, 6.687, 5, new[] { 6.2, 6.3, 6.4, 6.5, 6.6, 6.7 })]
    [InlineData(3.0, 3.0, 5, new[] { 2.6, 2.8, 3.0, 3.2, 3.4 })]
    public void Ticks_are_round_numbers_around_the_values(double low, double high, int count, double[] expected)
    {
        var ticks = Scale.Around([low, high], fromZero: false, count, 0, 100).Ticks(count).ToArray();
        Assert.Equal(expected.Length, ticks.Length);
        Assert.All(expected.Zip(ticks), pair => Assert.Equal(pair.First, pair.Second, 9));
    }

    [Fact]
    public void Figures_are_written_as_svg_and_png_files()
    {
        var folder = Path.Combine(_run.Folder, "figures");
        var figures = Figures.Of(RunReader.Read(_run.Folder), []);
        var svg = FigureFiles.WriteSvg(folder, figures);
        Assert.Equal(Expected.Select(name => name + ".svg"), svg.Select(Path.GetFileName));
        Assert.All(svg, path => XDocument.Load(path));
        var png = PngFiles.Write(folder, figures);
        Assert.Equal(Expected.Select(name => name + ".png"), png.Select(Path.GetFileName));
        Assert.All(png, path => Assert.Equal([0x89, .. "PNG\r\n"u8], File.ReadAllBytes(path)[..6]));
        Assert.All(png, path => Assert.True(new FileInfo(path).Length > 3000, $"{path} is empty"));
    }

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
}
