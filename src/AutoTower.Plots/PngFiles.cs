using AutoTower.Report;

namespace AutoTower.Plots;

/// <summary>Figures as PNG files.</summary>
public static class PngFiles
{
    private const float Scale = 2;

    /// <summary>Writes each figure to <c>NAME.png</c> in a folder, which is created where it is missing, and returns the paths.</summary>
    /// <exception cref="IOException">A file can't be written.</exception>
    public static IReadOnlyList<string> Write(string folder, IReadOnlyList<Figure> figures)
    {
        ArgumentNullException.ThrowIfNull(figures);
        Directory.CreateDirectory(folder);
        return [.. figures.Select(figure =>
        {
            var path = Path.Combine(folder, figure.Name + ".png");
            File.WriteAllBytes(path, SkiaCanvas.Draw(figure, Scale));
            return path;
        })];
    }
}
