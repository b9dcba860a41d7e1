using AutoTower.Report.Drawing;
using AutoTower.Report.Runs;

namespace AutoTower.Report.Charts;

/// <summary>Losses over the course of training.</summary>
internal static class CurveCharts
{
    private const int MostPoints = 600;

    /// <summary>Loss by step of a phase, thin, and its running mean.</summary>
    public static double Steps(IReadOnlyList<LossPoint> points, ICanvas canvas, double width)
    {
        var top = Legend.Draw(canvas, width, 0, [new("batch loss", Palette.Blue with { Opacity = 0.3 }), new("running mean", Palette.Blue)]);
        var height = top + Math.Clamp(width * 0.45, 220, 320);
        var stride = Math.Max(1, points.Count / MostPoints);
        var shown = points.Where((_, i) => i % stride == 0 || i == points.Count - 1).ToArray();
        // The first losses are far above the rest and would flatten the curve; they leave at the top.
        var sorted = shown.Select(point => point.Loss).Where(double.IsFinite).Order().ToArray();
        var ceiling = SearchCharts.Quantile(sorted, 0.98);
        var frame = new Frame(
            canvas,
            new Box(0, top, width, height - top),
            new AxisOf("step", shown.Select(point => (double)point.Step), FromZero: true),
            new AxisOf("training loss", shown.Select(point => Math.Min(point.Loss, ceiling))));
        frame.Line(shown.Select(point => ((double)point.Step, Math.Min(point.Loss, frame.Y.High))), new Stroke(Palette.Blue with { Opacity = 0.3 }));
        frame.Line(Smooth(shown).Select(point => (point.X, Math.Min(point.Y, frame.Y.High))), new Stroke(Palette.Blue, 2));
        return height;
    }

    /// <summary>Training and validation loss by epoch of each model that was trained from scratch.</summary>
    public static double Epochs(IReadOnlyList<(string Name, IReadOnlyList<Epoch> Epochs, int Best)> models, ICanvas canvas, double width)
    {
        var entries = models.SelectMany((model, i) => new LegendEntry[]
        {
            new($"{model.Name}, validation", Palette.Series(i)), new($"{model.Name}, training", Palette.Series(i), LegendMark.Dashes),
        }).Append(new("best epoch", Palette.Ink, LegendMark.Dot)).ToArray();
        var top = Legend.Draw(canvas, width, 0, entries);
        var height = top + Math.Clamp(width * 0.45, 220, 320);
        var frame = new Frame(
            canvas,
            new Box(0, top, width, height - top),
            new AxisOf("epoch", models.SelectMany(model => model.Epochs).Select(epoch => (double)epoch.Number), WholeNumbers: true),
            new AxisOf("loss", models.SelectMany(model => model.Epochs).SelectMany(epoch => new[] { epoch.TrainingLoss, epoch.ValidationLoss })));
        for (var i = 0; i < models.Count; i++)
        {
            var (name, epochs, best) = models[i];
            frame.Line(epochs.Select(epoch => ((double)epoch.Number, epoch.TrainingLoss)), new Stroke(Palette.Series(i), 1.4, IsDashed: true));
            frame.Line(epochs.Select(epoch => ((double)epoch.Number, epoch.ValidationLoss)), new Stroke(Palette.Series(i), 2));
            foreach (var epoch in epochs.Where(epoch => epoch.Number == best))
            {
                canvas.Disc(
                    frame.At(epoch.Number, epoch.ValidationLoss), 4, Palette.Series(i), new Stroke(Palette.Ink, 1.5), $"{name}: best epoch {best}");
            }
        }

        return height;
    }

    private static IEnumerable<(double X, double Y)> Smooth(LossPoint[] points)
    {
        var window = Math.Max(1, points.Length / 25);
        for (var i = 0; i < points.Length; i++)
        {
            var (first, end) = (Math.Max(0, i - window), Math.Min(points.Length, i + window + 1));
            yield return (points[i].Step, points[first..end].Average(point => point.Loss));
        }
    }
}
