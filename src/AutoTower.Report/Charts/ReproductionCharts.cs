using System.Globalization;
using AutoTower.Report.Drawing;
using AutoTower.Search.Reproduction;

namespace AutoTower.Report.Charts;

/// <summary>Charts of reproduced tables and figures.</summary>
internal static class ReproductionCharts
{
    private const double RowHeight = 22;
    private const double NameWidth = 150;
    private const int Ticks = 6;

    /// <summary>A row a model: our mean with one standard deviation each way, and the paper's value as a ring.</summary>
    public static double Intervals(
        IReadOnlyList<ReproducedRow> rows,
        string axis,
        Func<ReproducedRow, (double Mean, double Deviation)> ours,
        Func<ReproducedRow, double?> printed,
        ICanvas canvas,
        double width)
    {
        var top = Legend.Draw(canvas, width, 0, [new("ours", Palette.Blue, LegendMark.Dot), new("printed in the paper", Palette.Orange, LegendMark.Dot)]) + 8;
        var bottom = top + (rows.Count * RowHeight);
        var values = rows.SelectMany(row => new[] { ours(row).Mean - ours(row).Deviation, ours(row).Mean + ours(row).Deviation, printed(row) ?? double.NaN })
            .Where(double.IsFinite);
        var scale = Scale.Around(values, false, Ticks, NameWidth, width - 20);
        foreach (var tick in scale.Ticks(Ticks))
        {
            canvas.Polyline([new(scale.At(tick), top), new(scale.At(tick), bottom)], new Stroke(Palette.Grid));
            canvas.Text(new(scale.At(tick), bottom + 16), scale.Label(tick, Ticks), new TextStyle(Palette.Soft, 11.5, Anchor.Middle));
        }

        for (var i = 0; i < rows.Count; i++)
        {
            var y = top + ((i + 0.5) * RowHeight);
            var (mean, deviation) = ours(rows[i]);
            canvas.Text(new(NameWidth - 10, y + 4), rows[i].Label, new TextStyle(Palette.Ink, 12, Anchor.End));
            canvas.Polyline([new(scale.At(mean - deviation), y), new(scale.At(mean + deviation), y)], new Stroke(Palette.Blue, 2));
            canvas.Disc(new(scale.At(mean), y), 4, Palette.Blue, hint: Hint(rows[i], mean, deviation));
            if (printed(rows[i]) is { } value)
            {
                canvas.Disc(new(scale.At(value), y), 4, Palette.Paper, new Stroke(Palette.Orange, 2), $"printed: {value.ToString("F2", CultureInfo.InvariantCulture)}");
            }
        }

        canvas.Text(new(NameWidth + ((width - NameWidth) / 2), bottom + 36), axis, new TextStyle(Palette.Ink, 12, Anchor.Middle));
        return bottom + 44;
    }

    /// <summary>A curve over what is varied, with a band of one standard deviation.</summary>
    public static double Curve(
        IReadOnlyList<ReproducedRow> rows, string across, string up, Func<ReproducedRow, (double Mean, double Deviation)> ours, ICanvas canvas, double width)
    {
        var points = rows.Select(row => (X: row.X!.Value, Value: ours(row), Row: row)).OrderBy(point => point.X).ToArray();
        var height = Math.Clamp(width * 0.45, 220, 320);
        var frame = new Frame(
            canvas,
            new Box(0, 0, width, height),
            new AxisOf(across, points.Select(point => point.X), WholeNumbers: true),
            new AxisOf(up, points.SelectMany(point => new[] { point.Value.Mean - point.Value.Deviation, point.Value.Mean + point.Value.Deviation })));
        if (points.Length > 1)
        {
            canvas.Polygon(
                [
                    .. points.Select(point => frame.At(point.X, point.Value.Mean + point.Value.Deviation)),
                    .. points.Reverse().Select(point => frame.At(point.X, point.Value.Mean - point.Value.Deviation)),
                ],
                Palette.Blue with { Opacity = 0.18 });
        }

        frame.Line(points.Select(point => (point.X, point.Value.Mean)), new Stroke(Palette.Blue, 2));
        foreach (var (x, value, row) in points)
        {
            canvas.Disc(frame.At(x, value.Mean), 3.5, Palette.Blue, hint: Hint(row, value.Mean, value.Deviation));
        }

        return height;
    }

    private static string Hint(ReproducedRow row, double mean, double deviation) =>
        string.Create(CultureInfo.InvariantCulture, $"{row.Label}: {mean:F2} ± {deviation:F2} ({row.Runs.Count} seeds)");
}
