using AutoTower.Report.Drawing;
using AutoTower.Report.Runs;

namespace AutoTower.Report.Charts;

/// <summary>Charts of the search: progress, and fitness against cost.</summary>
internal static class SearchCharts
{
    public static double Progress(RunData run, ICanvas canvas, double width)
    {
        var iterations = run.Candidates.GroupBy(candidate => candidate.Iteration).OrderBy(group => group.Key)
            .Select(group => (Iteration: (double)group.Key, Losses: group.Select(candidate => candidate.Loss).Where(double.IsFinite).Order().ToArray()))
            .Where(group => group.Losses.Length > 0)
            .ToArray();
        var best = new List<(double X, double Y)>();
        foreach (var (iteration, losses) in iterations)
        {
            best.Add((iteration, Math.Min(losses[0], best.Count > 0 ? best[^1].Y : double.PositiveInfinity)));
        }

        var top = Legend.Draw(canvas, width, 0,
        [
            new("best so far", Palette.Orange),
            new("median of the iteration's new candidates", Palette.Blue),
            new("their 10th to 90th percentile", Palette.Blue with { Opacity = 0.18 }, LegendMark.Area),
        ]);
        var height = top + Math.Clamp(width * 0.5, 240, 340);
        var frame = new Frame(
            canvas,
            new Box(0, top, width, height - top),
            new AxisOf("iteration", iterations.Select(group => group.Iteration), WholeNumbers: true),
            new AxisOf(run.FitnessName, iterations.SelectMany(group => new[] { Quantile(group.Losses, 0.9), group.Losses[0] })));
        canvas.Polygon(
            [
                .. iterations.Select(group => frame.At(group.Iteration, Quantile(group.Losses, 0.9))),
                .. iterations.Reverse().Select(group => frame.At(group.Iteration, Quantile(group.Losses, 0.1))),
            ],
            Palette.Blue with { Opacity = 0.18 });
        frame.Line(iterations.Select(group => (group.Iteration, Quantile(group.Losses, 0.5))), new Stroke(Palette.Blue, 2));
        frame.Line(best, new Stroke(Palette.Orange, 2));
        return height;
    }

    /// <summary>Fitness against one kind of cost, with the front of candidates that none beats in both.</summary>
    public static double Cost(RunData run, ICanvas canvas, double width, string name, Func<Candidate, double> cost, string limit)
    {
        var retrained = run.Trained.Select(model => model.Name).ToHashSet();
        var known = run.Candidates.Where(candidate => double.IsFinite(candidate.Loss) && double.IsFinite(cost(candidate))).ToArray();
        var front = Front(known, cost);
        var limitValue = run.Limit(limit);
        var entries = new List<LegendEntry>
        {
            new("candidate (darker: later iteration)", Iterated(0.6), LegendMark.Dot),
            new("Pareto front", Palette.Ink),
            new("retrained", Palette.Orange, LegendMark.Dot),
        };
        if (limitValue is not null)
        {
            entries.Add(new("limit", Palette.Orange, LegendMark.Dashes));
        }

        var top = Legend.Draw(canvas, width, 0, entries);
        var height = top + Math.Clamp(width * 0.55, 250, 380);
        // Bad candidates would press all others together: the axis ends at the 95th percentile, and they are drawn at its edge.
        var worst = Quantile([.. known.Select(candidate => candidate.Loss).Order()], 0.95);
        var frame = new Frame(
            canvas,
            new Box(0, top, width, height - top),
            new AxisOf(name, known.Select(cost).Append(limitValue ?? 0), FromZero: true),
            new AxisOf(run.FitnessName, known.Select(candidate => Math.Min(candidate.Loss, worst))));
        frame.Limit(limitValue, "limit");
        var last = Math.Max(1, known.Select(candidate => candidate.Iteration).DefaultIfEmpty(1).Max());
        foreach (var candidate in known)
        {
            canvas.Disc(
                frame.At(cost(candidate), Math.Min(candidate.Loss, frame.Y.High)),
                2.6,
                Iterated((double)candidate.Iteration / last),
                hint: Hint(candidate));
        }

        frame.Line(Steps(front, cost), new Stroke(Palette.Ink, 1.5));
        foreach (var candidate in known.Where(candidate => retrained.Contains(candidate.Architecture.ToString())))
        {
            canvas.Disc(frame.At(cost(candidate), candidate.Loss), 5, Palette.Orange, new Stroke(Palette.Paper, 1.5), Hint(candidate));
        }

        return height;
    }

    /// <summary>Candidates than which no other has both lower cost and lower loss, by rising cost.</summary>
    internal static List<Candidate> Front(IEnumerable<Candidate> candidates, Func<Candidate, double> cost)
    {
        var front = new List<Candidate>();
        foreach (var candidate in candidates.OrderBy(cost).ThenBy(candidate => candidate.Loss))
        {
            if (front.Count == 0 || candidate.Loss < front[^1].Loss)
            {
                front.Add(candidate);
            }
        }

        return front;
    }

    /// <summary>The value below which a share of sorted values lies, interpolated.</summary>
    internal static double Quantile(IReadOnlyList<double> sorted, double share)
    {
        if (sorted.Count == 0)
        {
            return double.NaN;
        }

        var place = share * (sorted.Count - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }

    private static IEnumerable<(double X, double Y)> Steps(List<Candidate> front, Func<Candidate, double> cost)
    {
        for (var i = 0; i < front.Count; i++)
        {
            if (i > 0)
            {
                yield return (cost(front[i]), front[i - 1].Loss);
            }

            yield return (cost(front[i]), front[i].Loss);
        }
    }

    private static Colour Iterated(double share) => Palette.Share(0.25 + (0.65 * share)) with { Opacity = 0.75 };

    private static string Hint(Candidate candidate) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{candidate.Architecture}\nfitness {candidate.Loss:F4}, {candidate.Parameters:N0} parameters, {candidate.Flops:N0} FLOPs, iteration {candidate.Iteration}");
}
