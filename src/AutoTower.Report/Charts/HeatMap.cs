using System.Globalization;
using AutoTower.Report.Drawing;
using AutoTower.Report.Runs;

namespace AutoTower.Report.Charts;

/// <summary>Which block types and poolings the fittest candidates have.</summary>
internal static class HeatMap
{
    private const double RowHeight = 20;
    private const double NameWidth = 96;

    /// <summary>How many of the fittest count as survivors: the parents of the evolution, or 10.</summary>
    public static int Survivors(RunData run) => Math.Max(1, (int)(run.Limit("parents") ?? 10));

    public static IReadOnlyList<Candidate> Fittest(RunData run) =>
        [.. run.Candidates.Where(candidate => double.IsFinite(candidate.Loss)).OrderBy(candidate => candidate.Loss).Take(Survivors(run))];

    /// <summary>Block types by position of both towers.</summary>
    public static double Blocks(RunData run, ICanvas canvas, double width)
    {
        var fittest = Fittest(run);
        var towers = new (string Name, Func<Candidate, IReadOnlyList<string>> Blocks)[]
        {
            ("user tower", candidate => candidate.Architecture.User), ("item tower", candidate => candidate.Architecture.Item),
        };
        var rows = run.Candidates.SelectMany(candidate => candidate.Architecture.User.Concat(candidate.Architecture.Item)).Distinct()
            .OrderBy(Rank).ThenBy(name => name, StringComparer.Ordinal).ToArray();
        var counts = towers.Select(tower => fittest.Max(candidate => tower.Blocks(candidate).Count)).ToArray();
        const double Gap = 14;
        var cell = (width - NameWidth - Gap) / counts.Sum();
        for (var row = 0; row < rows.Length; row++)
        {
            canvas.Text(new(NameWidth - 8, 40 + (row * RowHeight) + 14.5), rows[row], new TextStyle(Palette.Ink, 12, Anchor.End));
        }

        var x = NameWidth;
        for (var t = 0; t < towers.Length; t++)
        {
            canvas.Text(
                new(x + (counts[t] * cell / 2), 14), towers[t].Name, new TextStyle(Palette.Ink, 12.5, Anchor.Middle, IsBold: true));
            for (var position = 0; position < counts[t]; position++)
            {
                canvas.Text(new(x + (cell / 2), 34), $"{position + 1}", new TextStyle(Palette.Soft, 11.5, Anchor.Middle));
                for (var row = 0; row < rows.Length; row++)
                {
                    var share = (double)fittest.Count(candidate => towers[t].Blocks(candidate).ElementAtOrDefault(position) == rows[row]) / fittest.Count;
                    Cell(canvas, new Box(x, 40 + (row * RowHeight), cell, RowHeight), share, $"{towers[t].Name}, block {position + 1}: {rows[row]}");
                }

                x += cell;
            }

            x += Gap;
        }

        return 40 + (rows.Length * RowHeight) + 6;
    }

    /// <summary>Poolings among all candidates of the first iteration and among the survivors.</summary>
    public static double Poolings(RunData run, ICanvas canvas, double width)
    {
        var fittest = Fittest(run);
        var first = run.Candidates.Where(candidate => candidate.Iteration == run.Candidates[0].Iteration).ToArray();
        var columns = new (string Name, IReadOnlyList<Candidate> Candidates)[] { ("first iteration", first), ($"fittest {fittest.Count}", fittest) };
        var rows = run.Candidates.Select(candidate => candidate.Architecture.Pooling).Distinct().Order(StringComparer.Ordinal).ToArray();
        var cell = (width - NameWidth) / columns.Length;
        for (var row = 0; row < rows.Length; row++)
        {
            canvas.Text(new(NameWidth - 8, 22 + (row * RowHeight) + 14.5), rows[row], new TextStyle(Palette.Ink, 12, Anchor.End));
            for (var column = 0; column < columns.Length; column++)
            {
                var share = (double)columns[column].Candidates.Count(candidate => candidate.Architecture.Pooling == rows[row])
                    / columns[column].Candidates.Count;
                Cell(
                    canvas,
                    new Box(NameWidth + (column * cell), 22 + (row * RowHeight), cell, RowHeight),
                    share,
                    $"{rows[row]}, {columns[column].Name}");
            }
        }

        for (var column = 0; column < columns.Length; column++)
        {
            canvas.Text(
                new(NameWidth + ((column + 0.5) * cell), 14), columns[column].Name, new TextStyle(Palette.Ink, 12, Anchor.Middle));
        }

        return 22 + (rows.Length * RowHeight) + 6;
    }

    private static void Cell(ICanvas canvas, Box box, double share, string hint)
    {
        var percent = Math.Round(100 * share).ToString(CultureInfo.InvariantCulture);
        canvas.Rectangle(
            new Box(box.X + 1, box.Y + 1, box.Width - 2, box.Height - 2), Palette.Share(share), radius: 2, hint: $"{hint}: {percent} %");
        if (share > 0)
        {
            canvas.Text(
                new(box.X + (box.Width / 2), box.Y + 14.5),
                percent,
                new TextStyle(share > 0.45 ? Palette.Paper : Palette.Ink, 11, Anchor.Middle));
        }
    }

    /// <summary>Families together, sizes ascending: mlp-16, mlp-32, ..., ew-..., sa-1, ...</summary>
    private static int Rank(string name)
    {
        var parts = name.Split('-');
        var family = Array.IndexOf(["mlp", "ew", "sa"], parts[0]);
        return ((family < 0 ? 3 : family) * 100_000) + (parts.Length > 1 && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var size) ? size : 0);
    }
}
