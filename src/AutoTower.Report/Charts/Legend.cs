using AutoTower.Report.Drawing;

namespace AutoTower.Report.Charts;

/// <summary>Names of series beside their marks, in as many rows as the width needs.</summary>
internal static class Legend
{
    private const double RowHeight = 20;
    private const double MarkWidth = 24;
    private const double TextSize = 12;

    /// <summary>How wide a text is, about: the medium's font is not known here.</summary>
    public static double TextWidth(string text, double size) => text.Length * size * 0.56;

    /// <summary>Draws the legend from (0, <paramref name="top"/>) and returns the y coordinate below it.</summary>
    public static double Draw(ICanvas canvas, double width, double top, IReadOnlyList<LegendEntry> entries, double left = 0)
    {
        var (x, y) = (left, top);
        foreach (var entry in entries)
        {
            var space = MarkWidth + TextWidth(entry.Name, TextSize) + 18;
            if (x > left && x + space > width)
            {
                (x, y) = (left, y + RowHeight);
            }

            Mark(canvas, entry, x, y + (RowHeight / 2));
            canvas.Text(new(x + MarkWidth, y + (RowHeight / 2) + 4), entry.Name, new TextStyle(Palette.Ink, TextSize));
            x += space;
        }

        return entries.Count == 0 ? top : y + RowHeight + 4;
    }

    private static void Mark(ICanvas canvas, LegendEntry entry, double x, double y)
    {
        switch (entry.Mark)
        {
            case LegendMark.Dot:
                canvas.Disc(new(x + 9, y), 4, entry.Colour);
                break;
            case LegendMark.Area:
                canvas.Rectangle(new Box(x, y - 5, 18, 10), entry.Colour);
                break;
            default:
                canvas.Polyline([new(x, y), new(x + 18, y)], new Stroke(entry.Colour, 2, entry.Mark == LegendMark.Dashes));
                break;
        }
    }
}

/// <summary>How a series is marked in a legend.</summary>
internal enum LegendMark
{
    Line,
    Dashes,
    Dot,
    Area,
}

/// <summary>A series in a legend.</summary>
internal sealed record LegendEntry(string Name, Colour Colour, LegendMark Mark = LegendMark.Line);
