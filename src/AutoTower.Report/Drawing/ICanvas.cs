namespace AutoTower.Report.Drawing;

/// <summary>
/// What figures are drawn on; coordinates in pixels from the top left. One drawing serves the report, SVG files and PNG files.
/// </summary>
public interface ICanvas
{
    /// <summary>Draws lines from point to point.</summary>
    void Polyline(IReadOnlyList<Point> points, Stroke stroke);

    /// <summary>Fills the area that the points enclose.</summary>
    void Polygon(IReadOnlyList<Point> points, Colour fill);

    /// <summary>Draws a rectangle.</summary>
    /// <param name="box">Where.</param>
    /// <param name="fill">Its colour, or none.</param>
    /// <param name="stroke">Its border, or none.</param>
    /// <param name="radius">Radius of its corners.</param>
    /// <param name="hint">Text shown to a person who points at it, where the medium can.</param>
    void Rectangle(Box box, Colour? fill, Stroke? stroke = null, double radius = 0, string? hint = null);

    /// <summary>Draws a disc.</summary>
    /// <param name="centre">Its centre.</param>
    /// <param name="radius">Its radius.</param>
    /// <param name="fill">Its colour.</param>
    /// <param name="stroke">Its border, or none.</param>
    /// <param name="hint">Text shown to a person who points at it, where the medium can.</param>
    void Disc(Point centre, double radius, Colour fill, Stroke? stroke = null, string? hint = null);

    /// <summary>Writes one line of text; <paramref name="at"/> is on its baseline.</summary>
    void Text(Point at, string text, TextStyle style);
}

/// <summary>A point, in pixels.</summary>
/// <param name="X">From the left.</param>
/// <param name="Y">From the top.</param>
public readonly record struct Point(double X, double Y);

/// <summary>An area, in pixels.</summary>
/// <param name="X">Left.</param>
/// <param name="Y">Top.</param>
/// <param name="Width">Width.</param>
/// <param name="Height">Height.</param>
public readonly record struct Box(double X, double Y, double Width, double Height)
{
    /// <summary>Right edge.</summary>
    public double Right => X + Width;

    /// <summary>Bottom edge.</summary>
    public double Bottom => Y + Height;
}

/// <summary>A colour.</summary>
/// <param name="Rgb">Red, green and blue, 0xRRGGBB.</param>
/// <param name="Opacity">0 to 1.</param>
public readonly record struct Colour(uint Rgb, double Opacity = 1);

/// <summary>How a line looks.</summary>
/// <param name="Colour">Its colour.</param>
/// <param name="Width">Its width.</param>
/// <param name="IsDashed">Whether it is dashed.</param>
public readonly record struct Stroke(Colour Colour, double Width = 1, bool IsDashed = false);

/// <summary>Which end of a text stands at its point.</summary>
public enum Anchor
{
    /// <summary>The text begins there.</summary>
    Start,

    /// <summary>The text's middle is there.</summary>
    Middle,

    /// <summary>The text ends there.</summary>
    End,
}

/// <summary>How text looks.</summary>
/// <param name="Colour">Its colour.</param>
/// <param name="Size">Size in pixels.</param>
/// <param name="Anchor">Which end stands at the point.</param>
/// <param name="IsBold">Whether it is bold.</param>
/// <param name="IsUpright">Whether it runs from bottom to top.</param>
public readonly record struct TextStyle(
    Colour Colour, double Size = 12, Anchor Anchor = Anchor.Start, bool IsBold = false, bool IsUpright = false);
