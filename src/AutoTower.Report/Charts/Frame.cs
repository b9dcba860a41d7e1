using AutoTower.Report.Drawing;

namespace AutoTower.Report.Charts;

/// <summary>The area of a chart with its two axes.</summary>
internal sealed class Frame
{
    private const double Left = 62;
    private const double Right = 16;
    private const double Bottom = 46;
    private const int PixelsAColumn = 90;
    private const int RowTicks = 5;
    private readonly ICanvas _canvas;
    private readonly int _columnTicks;

    /// <summary>Draws grid, numbers and names of the axes.</summary>
    /// <param name="canvas">Where.</param>
    /// <param name="outer">Area for everything.</param>
    /// <param name="across">Name of the horizontal axis and the values that it must hold.</param>
    /// <param name="up">Name of the vertical axis and the values that it must hold.</param>
    public Frame(ICanvas canvas, Box outer, AxisOf across, AxisOf up)
    {
        _canvas = canvas;
        Area = new Box(outer.X + Left, outer.Y + 8, outer.Width - Left - Right, outer.Height - Bottom - 8);
        _columnTicks = Math.Max(3, (int)(Area.Width / PixelsAColumn));
        X = across.WholeNumbers
            ? Scale.Tight(across.Values, Area.X, Area.Right)
            : Scale.Around(across.Values, across.FromZero, _columnTicks, Area.X, Area.Right);
        Y = Scale.Around(up.Values, up.FromZero, RowTicks, Area.Bottom, Area.Y);
        foreach (var tick in Y.Ticks(RowTicks))
        {
            canvas.Polyline([new(Area.X, Y.At(tick)), new(Area.Right, Y.At(tick))], new Stroke(Palette.Grid));
            canvas.Text(new(Area.X - 8, Y.At(tick) + 4), Y.Label(tick, RowTicks), new TextStyle(Palette.Soft, 11.5, Anchor.End));
        }

        canvas.Polyline([new(Area.X, Area.Bottom), new(Area.Right, Area.Bottom)], new Stroke(Palette.Grey));
        foreach (var tick in X.Ticks(_columnTicks).Where(tick => !across.WholeNumbers || Math.Abs(tick - Math.Round(tick)) < 1e-9))
        {
            canvas.Polyline([new(X.At(tick), Area.Bottom), new(X.At(tick), Area.Bottom + 4)], new Stroke(Palette.Grey));
            canvas.Text(new(X.At(tick), Area.Bottom + 18), X.Label(tick, _columnTicks), new TextStyle(Palette.Soft, 11.5, Anchor.Middle));
        }

        canvas.Text(new(Area.X + (Area.Width / 2), outer.Bottom - 6), across.Name, new TextStyle(Palette.Ink, 12, Anchor.Middle));
        canvas.Text(
            new(outer.X + 13, Area.Y + (Area.Height / 2)), up.Name, new TextStyle(Palette.Ink, 12, Anchor.Middle, IsUpright: true));
    }

    public Box Area { get; }

    public Scale X { get; }

    public Scale Y { get; }

    public Point At(double x, double y) => new(X.At(x), Y.At(y));

    public void Line(IEnumerable<(double X, double Y)> points, Stroke stroke)
    {
        var drawn = points.Where(point => double.IsFinite(point.Y)).Select(point => At(point.X, point.Y)).ToArray();
        if (drawn.Length > 1)
        {
            _canvas.Polyline(drawn, stroke);
        }
        else if (drawn.Length == 1)
        {
            _canvas.Disc(drawn[0], 2.5, stroke.Colour);
        }
    }

    /// <summary>A vertical dashed line with a name, where it lies within the axis.</summary>
    public void Limit(double? x, string name)
    {
        if (x is { } value && value >= X.Low && value <= X.High)
        {
            _canvas.Polyline([new(X.At(value), Area.Y), new(X.At(value), Area.Bottom)], new Stroke(Palette.Orange, 1.2, IsDashed: true));
            var isRight = X.At(value) > Area.X + (Area.Width / 2);
            _canvas.Text(
                new(X.At(value) + (isRight ? -5 : 5), Area.Y + 11),
                name,
                new TextStyle(Palette.Orange, 11.5, isRight ? Anchor.End : Anchor.Start));
        }
    }
}

/// <summary>What an axis shows.</summary>
/// <param name="Name">Its name, with the unit.</param>
/// <param name="Values">Values that it must hold.</param>
/// <param name="FromZero">Whether it begins at zero.</param>
/// <param name="WholeNumbers">Whether it counts: it ends at its first and last value, and only whole numbers are marked.</param>
internal sealed record AxisOf(string Name, IEnumerable<double> Values, bool FromZero = false, bool WholeNumbers = false);
