using AutoTower.Report;
using AutoTower.Report.Drawing;
using SkiaSharp;

namespace AutoTower.Plots;

/// <summary>Draws as pixels.</summary>
public sealed class SkiaCanvas : ICanvas
{
    private static readonly SKTypeface Regular = SKTypeface.FromFamilyName("DejaVu Sans");
    private static readonly SKTypeface Bold = SKTypeface.FromFamilyName("DejaVu Sans", SKFontStyle.Bold);
    private readonly SKCanvas _canvas;

    private SkiaCanvas(SKCanvas canvas) => _canvas = canvas;

    /// <summary>Draws a figure on white as a PNG image.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="scale">Pixels of the image for a pixel of the drawing.</param>
    public static byte[] Draw(Figure figure, float scale)
    {
        ArgumentNullException.ThrowIfNull(figure);
        // The height is known once it is drawn, so the first drawing goes nowhere.
        using var recorder = new SKPictureRecorder();
        var height = figure.Draw(new SkiaCanvas(recorder.BeginRecording(SKRect.Create((float)figure.Width, 10_000))), figure.Width);
        using var picture = recorder.EndRecording();
        using var surface = SKSurface.Create(new SKImageInfo((int)Math.Ceiling(figure.Width * scale), (int)Math.Ceiling(height * scale)));
        surface.Canvas.Clear(SKColors.White);
        surface.Canvas.Scale(scale);
        surface.Canvas.DrawPicture(picture);
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <inheritdoc/>
    public void Polyline(IReadOnlyList<Point> points, Stroke stroke)
    {
        using var path = PathOf(points);
        using var paint = PaintOf(stroke);
        _canvas.DrawPath(path, paint);
    }

    /// <inheritdoc/>
    public void Polygon(IReadOnlyList<Point> points, Colour fill)
    {
        using var path = PathOf(points);
        using var paint = PaintOf(fill);
        _canvas.DrawPath(path, paint);
    }

    /// <inheritdoc/>
    public void Rectangle(Box box, Colour? fill, Stroke? stroke = null, double radius = 0, string? hint = null)
    {
        var rectangle = SKRect.Create((float)box.X, (float)box.Y, (float)box.Width, (float)box.Height);
        if (fill is { } colour)
        {
            using var paint = PaintOf(colour);
            _canvas.DrawRoundRect(rectangle, (float)radius, (float)radius, paint);
        }

        if (stroke is { } line)
        {
            using var paint = PaintOf(line);
            _canvas.DrawRoundRect(rectangle, (float)radius, (float)radius, paint);
        }
    }

    /// <inheritdoc/>
    public void Disc(Point centre, double radius, Colour fill, Stroke? stroke = null, string? hint = null)
    {
        using var paint = PaintOf(fill);
        _canvas.DrawCircle((float)centre.X, (float)centre.Y, (float)radius, paint);
        if (stroke is { } line)
        {
            using var border = PaintOf(line);
            _canvas.DrawCircle((float)centre.X, (float)centre.Y, (float)radius, border);
        }
    }

    /// <inheritdoc/>
    public void Text(Point at, string text, TextStyle style)
    {
        using var font = new SKFont(style.IsBold ? Bold : Regular, (float)style.Size * 0.92f) { Subpixel = true };
        using var paint = PaintOf(style.Colour);
        var align = style.Anchor switch
        {
            Anchor.Middle => SKTextAlign.Center,
            Anchor.End => SKTextAlign.Right,
            _ => SKTextAlign.Left,
        };
        _canvas.Save();
        _canvas.Translate((float)at.X, (float)at.Y);
        if (style.IsUpright)
        {
            _canvas.RotateDegrees(-90);
        }

        _canvas.DrawText(text, 0, 0, align, font, paint);
        _canvas.Restore();
    }

    private static SKPath PathOf(IReadOnlyList<Point> points)
    {
        using var builder = new SKPathBuilder();
        builder.MoveTo((float)points[0].X, (float)points[0].Y);
        foreach (var point in points.Skip(1))
        {
            builder.LineTo((float)point.X, (float)point.Y);
        }

        return builder.Detach();
    }

    private static SKPaint PaintOf(Colour colour) => new() { Color = ColourOf(colour), IsAntialias = true };

    private static SKPaint PaintOf(Stroke stroke) => new()
    {
        Color = ColourOf(stroke.Colour),
        IsAntialias = true,
        IsStroke = true,
        StrokeWidth = (float)stroke.Width,
        StrokeJoin = SKStrokeJoin.Round,
        PathEffect = stroke.IsDashed ? SKPathEffect.CreateDash([5, 4], 0) : null,
    };

    private static SKColor ColourOf(Colour colour) => new SKColor(0xff000000 | colour.Rgb).WithAlpha((byte)Math.Round(255 * colour.Opacity));
}
