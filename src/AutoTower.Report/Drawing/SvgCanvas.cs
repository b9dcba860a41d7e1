using System.Globalization;
using System.Net;
using System.Text;

namespace AutoTower.Report.Drawing;

/// <summary>Draws as SVG.</summary>
public sealed class SvgCanvas : ICanvas
{
    private readonly StringBuilder _body = new();

    /// <summary>Draws a figure as an SVG document that stands alone or inside a page.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="width">Width it is laid out for.</param>
    public static string Draw(Figure figure, double width)
    {
        ArgumentNullException.ThrowIfNull(figure);
        var canvas = new SvgCanvas();
        var height = figure.Draw(canvas, width);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:0.#} {height:0.#}" width="{width:0.#}" height="{height:0.#}" role="img" aria-label="{Escape(figure.Title)}" font-family="system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif">
            {canvas._body}</svg>
            """);
    }

    /// <inheritdoc/>
    public void Polyline(IReadOnlyList<Point> points, Stroke stroke) =>
        Append($"<polyline points=\"{Points(points)}\" fill=\"none\" stroke-linejoin=\"round\"{Look(stroke)}/>");

    /// <inheritdoc/>
    public void Polygon(IReadOnlyList<Point> points, Colour fill) => Append($"<polygon points=\"{Points(points)}\"{Look(fill)}/>");

    /// <inheritdoc/>
    public void Rectangle(Box box, Colour? fill, Stroke? stroke = null, double radius = 0, string? hint = null) => Append(
        $"<rect x=\"{N(box.X)}\" y=\"{N(box.Y)}\" width=\"{N(box.Width)}\" height=\"{N(box.Height)}\""
        + (radius > 0 ? $" rx=\"{N(radius)}\"" : string.Empty) + Look(fill) + Look(stroke) + End("rect", hint));

    /// <inheritdoc/>
    public void Disc(Point centre, double radius, Colour fill, Stroke? stroke = null, string? hint = null) => Append(
        $"<circle cx=\"{N(centre.X)}\" cy=\"{N(centre.Y)}\" r=\"{N(radius)}\"{Look(fill)}{Look(stroke)}{End("circle", hint)}");

    /// <inheritdoc/>
    public void Text(Point at, string text, TextStyle style)
    {
        var place = style.IsUpright
            ? $"transform=\"translate({N(at.X)} {N(at.Y)}) rotate(-90)\""
            : $"x=\"{N(at.X)}\" y=\"{N(at.Y)}\"";
        var anchor = style.Anchor switch
        {
            Anchor.Middle => " text-anchor=\"middle\"",
            Anchor.End => " text-anchor=\"end\"",
            _ => string.Empty,
        };
        var weight = style.IsBold ? " font-weight=\"600\"" : string.Empty;
        Append($"<text {place} font-size=\"{N(style.Size)}\"{anchor}{weight}{Look(style.Colour)}>{Escape(text)}</text>");
    }

    private static string Points(IReadOnlyList<Point> points) => string.Join(' ', points.Select(point => $"{N(point.X)},{N(point.Y)}"));

    private static string Look(Colour? fill) => fill is { } colour
        ? $" fill=\"#{colour.Rgb:x6}\"" + (colour.Opacity < 1 ? $" fill-opacity=\"{N(colour.Opacity)}\"" : string.Empty)
        : " fill=\"none\"";

    private static string Look(Stroke? stroke)
    {
        if (stroke is not { } line)
        {
            return string.Empty;
        }

        var opacity = line.Colour.Opacity < 1 ? $" stroke-opacity=\"{N(line.Colour.Opacity)}\"" : string.Empty;
        var dashes = line.IsDashed ? " stroke-dasharray=\"5 4\"" : string.Empty;
        return $" stroke=\"#{line.Colour.Rgb:x6}\" stroke-width=\"{N(line.Width)}\"{opacity}{dashes}";
    }

    private static string End(string element, string? hint) => hint is null ? "/>" : $"><title>{Escape(hint)}</title></{element}>";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private void Append(string element) => _body.Append(element).Append('\n');
}
