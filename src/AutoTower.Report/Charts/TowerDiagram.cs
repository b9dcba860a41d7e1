using AutoTower.Report.Drawing;

namespace AutoTower.Report.Charts;

/// <summary>
/// One tower of an architecture, top to bottom: input fields, pooling of the history, alignment, blocks, output. Each block reads all
/// earlier outputs, so every output runs down a lane of its own at the right, with a dot where a block takes it up.
/// </summary>
internal static class TowerDiagram
{
    private const double BoxHeight = 34;
    private const double Gap = 16;
    private const double LaneGap = 13;
    private const double FirstLane = 18;
    private const double Row = BoxHeight + Gap;

    /// <param name="title">Name of the tower.</param>
    /// <param name="fields">Its input fields.</param>
    /// <param name="history">Fields and length of the history and its pooling, for the user tower.</param>
    /// <param name="blocks">Its blocks.</param>
    /// <param name="canvas">Where.</param>
    /// <param name="width">Width.</param>
    public static double Draw(
        string title, IReadOnlyList<string> fields, (string Fields, string Pooling)? history, IReadOnlyList<string> blocks, ICanvas canvas, double width)
    {
        var lanes = FirstLane + ((blocks.Count - 1) * LaneGap) + 6;
        var right = width - lanes;
        canvas.Text(new(0, 16), title, new TextStyle(Palette.Ink, 14, IsBold: true));
        var bottom = Inputs(canvas, right, fields, history);
        var alignment = new Box(right * 0.12, bottom + Gap + 8, right * 0.88, BoxHeight);
        Arrow(canvas, new(alignment.X + (alignment.Width / 2), bottom), new(alignment.X + (alignment.Width / 2), alignment.Y));
        Labelled(canvas, alignment, "concatenate, align to width D", Palette.Panel, Palette.Ink, Palette.Grey);

        var boxes = blocks.Select((_, i) => alignment with { Y = alignment.Y + ((i + 1) * Row) }).ToArray();
        for (var state = 0; state < blocks.Count; state++)
        {
            Lane(canvas, state == 0 ? alignment : boxes[state - 1], boxes[^1], LaneX(right, state), LaneColour(state));
        }

        for (var reader = 0; reader < blocks.Count; reader++)
        {
            Read(canvas, boxes[reader], right, reader + 1);
        }

        for (var i = 0; i < blocks.Count; i++)
        {
            Labelled(canvas, boxes[i], blocks[i], Palette.Family(blocks[i]), Palette.Paper, null, i == blocks.Count - 1 ? "ReLU" : "batch norm, ReLU");
            canvas.Text(new(0, boxes[i].Y + 21), $"{i + 1}", new TextStyle(Palette.Soft, 12));
        }

        var output = alignment with { Y = boxes[^1].Bottom + Gap };
        Arrow(canvas, new(output.X + (output.Width / 2), boxes[^1].Bottom), new(output.X + (output.Width / 2), output.Y));
        Labelled(canvas, output, $"{title.Split(' ')[0].ToLowerInvariant()} vector, length 1", Palette.Ink, Palette.Paper, null);
        return output.Bottom + 2;
    }

    private static double Inputs(ICanvas canvas, double width, IReadOnlyList<string> fields, (string Fields, string Pooling)? history)
    {
        const double Top = 26;
        const double Padding = 8;
        var chipsEnd = Chips(canvas, Padding, width - Padding, Top + Padding, fields, isDrawn: false);
        var bottom = chipsEnd + Padding + (history is null ? 0 : 58);
        canvas.Rectangle(new Box(0.5, Top, width - 1, bottom - Top), Palette.Panel, new Stroke(Palette.Grey), 8);
        Chips(canvas, Padding, width - Padding, Top + Padding, fields, isDrawn: true);
        if (history is { } known)
        {
            var box = new Box(Padding, chipsEnd + Padding, width - (2 * Padding), 50);
            canvas.Rectangle(box, Palette.Paper, new Stroke(Palette.Grey), 6);
            canvas.Text(new(box.X + 10, box.Y + 20), $"{known.Pooling} pooling", new TextStyle(Palette.Ink, 12.5, IsBold: true));
            canvas.Text(new(box.X + 10, box.Y + 38), Shorten($"of {known.Fields}", box.Width - 20, 11.5), new TextStyle(Palette.Soft, 11.5));
        }

        return bottom;
    }

    private static double Chips(ICanvas canvas, double left, double right, double top, IReadOnlyList<string> names, bool isDrawn)
    {
        var (x, y) = (left, top);
        foreach (var name in names)
        {
            var chip = Legend.TextWidth(name, 12) + 18;
            if (x > left && x + chip > right)
            {
                (x, y) = (left, y + 30);
            }

            if (isDrawn)
            {
                canvas.Rectangle(new Box(x, y, chip, 24), Palette.Paper, new Stroke(Palette.Grey), 12);
                canvas.Text(new(x + (chip / 2), y + 16.5), name, new TextStyle(Palette.Ink, 12, Anchor.Middle));
            }

            x += chip + 6;
        }

        return y + 24;
    }

    /// <summary>An output's way down to the last block.</summary>
    private static void Lane(ICanvas canvas, Box source, Box last, double x, Colour colour)
    {
        var from = source.Y + (source.Height * 0.72);
        canvas.Polyline([new(source.Right, from), new(x, from), new(x, ReadingY(last))], new Stroke(colour, 1.6));
    }

    /// <summary>What a block reads: a line across the lanes with a dot on each.</summary>
    private static void Read(ICanvas canvas, Box reader, double right, int states)
    {
        var y = ReadingY(reader);
        canvas.Polyline([new(LaneX(right, states - 1), y), new(reader.Right + 4, y)], new Stroke(Palette.Grey, 1.2));
        canvas.Polygon([new(reader.Right + 1, y), new(reader.Right + 8, y - 4), new(reader.Right + 8, y + 4)], Palette.Soft);
        for (var state = 0; state < states; state++)
        {
            canvas.Disc(new(LaneX(right, state), y), 3.2, LaneColour(state));
        }
    }

    private static double ReadingY(Box block) => block.Y + (block.Height * 0.28);

    private static double LaneX(double right, int state) => right + FirstLane + (state * LaneGap);

    private static void Labelled(ICanvas canvas, Box box, string text, Colour fill, Colour ink, Colour? border, string? aside = null)
    {
        canvas.Rectangle(box, fill, border is { } colour ? new Stroke(colour) : null, 6);
        if (aside is null)
        {
            canvas.Text(
                new(box.X + (box.Width / 2), box.Y + 21.5), Shorten(text, box.Width - 12, 12.5), new TextStyle(ink, 12.5, Anchor.Middle));
            return;
        }

        canvas.Text(new(box.X + 12, box.Y + 21.5), text, new TextStyle(ink, 13, IsBold: true));
        canvas.Text(new(box.Right - 12, box.Y + 21.5), aside, new TextStyle(ink with { Opacity = 0.85 }, 11.5, Anchor.End));
    }

    private static void Arrow(ICanvas canvas, Point from, Point to)
    {
        canvas.Polyline([from, to with { Y = to.Y - 5 }], new Stroke(Palette.Soft, 1.4));
        canvas.Polygon([to, new(to.X - 4, to.Y - 7), new(to.X + 4, to.Y - 7)], Palette.Soft);
    }

    private static Colour LaneColour(int state) => state == 0 ? Palette.Soft : Palette.Series(state - 1);

    private static string Shorten(string text, double width, double size)
    {
        var fits = (int)(width / (size * 0.56));
        return text.Length <= fits ? text : text[..Math.Max(1, fits - 1)] + "…";
    }
}
