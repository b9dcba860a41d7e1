using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;
using AutoTower.Report.Charts;
using AutoTower.Report.Drawing;
using AutoTower.Report.Runs;

namespace AutoTower.Report;

/// <summary>A run as one HTML file that needs nothing else: style and figures are inside, and there is no script.</summary>
public static class HtmlReport
{
    // Figures are laid out twice, for desks and for phones; the style shows the one that fits.
    private const double PhoneWidth = 340;

    /// <summary>The page.</summary>
    /// <param name="run">The run.</param>
    /// <param name="others">Runs to compare with.</param>
    public static string Create(RunData run, IReadOnlyList<RunData> others)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(others);
        var figures = Figures.Of(run, others);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>AutoTower: {Text(run.Name)}</title>
            <style>
            {Style()}
            </style>
            </head>
            <body>
            <header>
            <h1>{Text(run.Name)}</h1>
            <p class="quiet">{Text(Summary(run))}</p>
            </header>
            <main>

            """);
        Architectures(page, run, figures);
        Section(page, "Search", Named(figures, "search-progress", "fitness-flops", "fitness-parameters", "surviving-blocks", "surviving-poolings"));
        Front(page, run);
        Section(page, "Training", Named(figures, "supernet-loss", "training-curves"));
        Results(page, run, others, figures);
        Settings(page, run);
        page.Append("</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    private static string Summary(RunData run)
    {
        var parts = new List<string> { $"autotower {run.Command}" };
        foreach (var (setting, text) in new[] { ("data", "data {0}"), ("split", "split {0}"), ("seed", "seed {0}"), ("device-name", "on {0}"), ("version", "version {0}") })
        {
            if (run.Configuration.TryGetValue(setting, out var value))
            {
                parts.Add(string.Format(CultureInfo.InvariantCulture, text, value));
            }
        }

        return string.Join(" · ", parts) + (run.Trained.Count == 0 ? ". The run has no results yet." : string.Empty);
    }

    private static void Architectures(StringBuilder page, RunData run, IReadOnlyList<Figure> figures)
    {
        if (run.Trained.Count == 0)
        {
            return;
        }

        page.Append(run.Trained.Count == 1 ? "<h2>Architecture</h2>\n" : "<h2>Architectures found</h2>\n");
        if (run.Trained.Count > 1)
        {
            page.Append("<p class=\"quiet\">Best validation loss first: the first is the result, chosen without test data.</p>\n");
        }

        for (var i = 0; i < run.Trained.Count; i++)
        {
            var model = run.Trained[i];
            page.Append(CultureInfo.InvariantCulture, $"<section id=\"model-{i + 1}\">\n<h3>{Text(Capital(Figures.ModelName(run, i)))}</h3>\n");
            page.Append(CultureInfo.InvariantCulture, $"<p><code>{Text(model.Name)}</code></p>\n<p class=\"quiet\">{Text(Facts(model))}</p>\n");
            var suffix = run.Trained.Count == 1 ? string.Empty : $"-{i + 1}";
            page.Append("<div class=\"towers\">\n");
            foreach (var figure in Named(figures, $"user-tower{suffix}", $"item-tower{suffix}"))
            {
                Append(page, figure);
            }

            page.Append("</div>\n</section>\n");
        }
    }

    private static string Facts(TrainedModel model)
    {
        var facts = new List<string>();
        Add(model.Parameters, "{0:N0} parameters without embedding tables");
        Add(model.Flops, "{0:N0} FLOPs");
        Add(model.Fitness, "fitness {0:F4}");
        if (model.Epochs.Count > 0)
        {
            facts.Add(string.Create(CultureInfo.InvariantCulture, $"best epoch {model.BestEpoch} of {model.Epochs.Count}"));
        }

        return string.Join(" · ", facts);

        void Add(double? value, string format)
        {
            if (value is { } number)
            {
                facts.Add(string.Format(CultureInfo.InvariantCulture, format, number));
            }
        }
    }

    private static void Section(StringBuilder page, string title, Figure[] figures)
    {
        if (figures.Length == 0)
        {
            return;
        }

        page.Append(CultureInfo.InvariantCulture, $"<h2>{Text(title)}</h2>\n");
        foreach (var figure in figures)
        {
            Append(page, figure);
        }
    }

    private static void Front(StringBuilder page, RunData run)
    {
        if (run.Front.Count == 0)
        {
            return;
        }

        page.Append("<h2 id=\"front\">Front</h2>\n<p class=\"quiet\">Candidates that no other beats in all objectives, fittest first.</p>\n");
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"scroll\"><table>\n<thead><tr><th>architecture</th><th>{Text(run.FitnessName)}</th>");
        page.Append("<th>parameters</th><th>FLOPs</th><th>latency of a user, ms</th></tr></thead>\n<tbody>\n");
        foreach (var member in run.Front)
        {
            var latency = member.LatencyMilliseconds?.ToString("F3", CultureInfo.InvariantCulture) ?? "–";
            page.Append(CultureInfo.InvariantCulture, $"<tr><td><code>{Text(member.Architecture.ToString())}</code></td><td>{member.Loss:F4}</td>");
            page.Append(CultureInfo.InvariantCulture, $"<td>{member.Parameters:N0}</td><td>{member.Flops:N0}</td><td>{latency}</td></tr>\n");
        }

        page.Append("</tbody>\n</table></div>\n");
    }

    private static void Results(StringBuilder page, RunData run, IReadOnlyList<RunData> others, IReadOnlyList<Figure> figures)
    {
        if (run.Protocols.Count == 0)
        {
            return;
        }

        page.Append("<h2>Test metrics</h2>\n");
        foreach (var protocol in run.Protocols)
        {
            foreach (var figure in Named(figures, $"metrics-{protocol}"))
            {
                Append(page, figure);
            }

            Table(page, run, protocol, Figures.Rows(run, others, protocol));
        }
    }

    private static void Table(StringBuilder page, RunData run, string protocol, IReadOnlyList<MetricRow> rows)
    {
        var metrics = rows.SelectMany(row => row.Values.Keys).Distinct().OrderBy(Kind).ToArray();
        var users = run.Trained.Select(model => model.Test).Append(run.Popularity)
            .Select(sets => sets.GetValueOrDefault(protocol)?.Users ?? 0).Max();
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"scroll\"><table>\n<caption>Protocol {Text(protocol)}, {users:N0} test users, in %</caption>\n<thead><tr><th>metric</th>");
        foreach (var row in rows)
        {
            page.Append(CultureInfo.InvariantCulture, $"<th>{Text(row.Name)}</th>");
        }

        page.Append("</tr></thead>\n<tbody>\n");
        foreach (var metric in metrics)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(MetricChart.Name(metric))}</td>");
            foreach (var row in rows)
            {
                var isBest = row.Values.TryGetValue(metric, out var value) && rows.All(other => other.Values.GetValueOrDefault(metric) <= value);
                var text = row.Values.ContainsKey(metric) ? (100 * value).ToString("F2", CultureInfo.InvariantCulture) : "–";
                page.Append(CultureInfo.InvariantCulture, $"<td{(isBest ? " class=\"best\"" : string.Empty)}>{text}</td>");
            }

            page.Append("</tr>\n");
        }

        page.Append("</tbody>\n</table></div>\n");
    }

    private static void Settings(StringBuilder page, RunData run)
    {
        page.Append("<details><summary>Settings of the run</summary>\n<dl>\n");
        foreach (var (name, value) in run.Configuration)
        {
            page.Append(CultureInfo.InvariantCulture, $"<dt>{Text(name)}</dt><dd>{Text(value)}</dd>\n");
        }

        page.Append("</dl>\n</details>\n");
    }

    private static void Append(StringBuilder page, Figure figure)
    {
        page.Append(CultureInfo.InvariantCulture, $"<figure id=\"{Text(figure.Name)}\">\n<h3>{Text(figure.Title)}</h3>\n<figcaption>{Text(figure.Caption)}</figcaption>\n");
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"wide\">{SvgCanvas.Draw(figure, figure.Width)}</div>\n");
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"narrow\">{SvgCanvas.Draw(figure, PhoneWidth)}</div>\n</figure>\n");
    }

    private static Figure[] Named(IReadOnlyList<Figure> figures, params string[] names) =>
        [.. names.SelectMany(name => figures.Where(figure => figure.Name == name))];

    // Recall at all cut-offs, then NDCG, then MRR; the cut-offs of a kind stay in order.
    private static int Kind(string metric) => Array.IndexOf(["recall", "ndcg", "mrr"], metric.Split('@')[0]);

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Style()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("report.css")
            ?? throw new InvalidOperationException("The report's style is missing from the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().TrimEnd();
    }
}
