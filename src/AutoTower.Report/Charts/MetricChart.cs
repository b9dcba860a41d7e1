using System.Globalization;
using AutoTower.Report.Drawing;

namespace AutoTower.Report.Charts;

/// <summary>Metrics of several models side by side, as horizontal bars in percent.</summary>
internal static class MetricChart
{
    private const double BarHeight = 13;
    private const double NameWidth = 84;
    private const double ValueWidth = 44;

    public static double Draw(IReadOnlyList<MetricRow> rows, IReadOnlyList<string> metrics, ICanvas canvas, double width)
    {
        var top = Legend.Draw(canvas, width, 0, [.. rows.Select(row => new LegendEntry(row.Name, row.Colour, LegendMark.Area))]) + 6;
        var most = Math.Max(1e-9, rows.Max(row => metrics.Max(metric => row.Values.GetValueOrDefault(metric))));
        var scale = new Scale(0, most, NameWidth, width - ValueWidth);
        var y = top;
        foreach (var metric in metrics)
        {
            var group = rows.Count * (BarHeight + 2);
            canvas.Text(new(NameWidth - 10, y + (group / 2) + 3), Name(metric), new TextStyle(Palette.Ink, 12, Anchor.End));
            foreach (var row in rows)
            {
                var value = row.Values.GetValueOrDefault(metric);
                var text = (100 * value).ToString("F2", CultureInfo.InvariantCulture);
                canvas.Rectangle(
                    new Box(NameWidth, y, Math.Max(0.5, scale.At(value) - NameWidth), BarHeight), row.Colour, radius: 1.5, hint: $"{row.Name}, {Name(metric)}: {text} %");
                canvas.Text(new(scale.At(value) + 5, y + BarHeight - 2.5), text, new TextStyle(Palette.Ink, 11));
                y += BarHeight + 2;
            }

            y += 12;
        }

        canvas.Polyline([new(NameWidth, top - 4), new(NameWidth, y - 8)], new Stroke(Palette.Grey));
        canvas.Text(new(NameWidth, y + 6), "% (mean over test users)", new TextStyle(Palette.Soft, 11.5));
        return y + 14;
    }

    /// <summary><c>recall@50</c> as people write it.</summary>
    public static string Name(string metric)
    {
        var parts = metric.Split('@');
        return parts[0] switch
        {
            "recall" => "Recall",
            _ => parts[0].ToUpperInvariant(),
        } + "@" + parts[^1];
    }
}

/// <summary>A model's metrics, each from 0 to 1.</summary>
internal sealed record MetricRow(string Name, Colour Colour, IReadOnlyDictionary<string, double> Values);
