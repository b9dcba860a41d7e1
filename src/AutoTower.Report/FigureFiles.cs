using System.Text;
using AutoTower.Report.Drawing;

namespace AutoTower.Report;

/// <summary>Figures as SVG files.</summary>
public static class FigureFiles
{
    /// <summary>Writes each figure to <c>NAME.svg</c> in a folder, which is created where it is missing, and returns the paths.</summary>
    /// <exception cref="IOException">A file can't be written.</exception>
    public static IReadOnlyList<string> WriteSvg(string folder, IReadOnlyList<Figure> figures)
    {
        ArgumentNullException.ThrowIfNull(figures);
        Directory.CreateDirectory(folder);
        return [.. figures.Select(figure =>
        {
            var path = Path.Combine(folder, figure.Name + ".svg");
            File.WriteAllText(path, SvgCanvas.Draw(figure, figure.Width), new UTF8Encoding(false));
            return path;
        })];
    }
}
