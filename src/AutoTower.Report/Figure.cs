using AutoTower.Report.Drawing;

namespace AutoTower.Report;

/// <summary>A figure of the report.</summary>
/// <param name="Name">Name of its files and its anchor in the page, for example <c>search-progress</c>.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Caption">How to read it.</param>
/// <param name="Width">Width in pixels that suits it where there is room.</param>
/// <param name="Draw">Draws it at a width and returns its height.</param>
public sealed record Figure(string Name, string Title, string Caption, double Width, Func<ICanvas, double, double> Draw);
