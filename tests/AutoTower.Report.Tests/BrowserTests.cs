using System.Diagnostics;
using System.Text.RegularExpressions;
using AutoTower.Report.Runs;

namespace AutoTower.Report.Tests;

/// <summary>The report in a real browser.</summary>
public sealed partial class BrowserTests : IDisposable
{
    private static readonly string[] Programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private readonly SampleRun _run = new();
    private readonly SampleRun _other = new("another run");

    public void Dispose()
    {
        _run.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task A_browser_shows_every_figure_without_any_network()
    {
        var browser = Programs.FirstOrDefault(File.Exists);
        Assert.SkipWhen(browser is null, "There is no Chromium on this machine (Debian package chromium).");
        var run = RunReader.Read(_run.Folder);
        var page = Path.Combine(_run.Folder, "report.html");
        await File.WriteAllTextAsync(page, HtmlReport.Create(run, [RunReader.Read(_other.Folder)]), TestContext.Current.CancellationToken);

        // The browser parses, lays out and hands back what it has; a broken page would come back without its figures.
        var document = await Dump(browser!, page);
        Assert.All(Figures.Of(run, []), figure =>
        {
            var match = Regex.Match(document, $"<figure id=\"{figure.Name}\">.*?</figure>", RegexOptions.Singleline);
            Assert.True(match.Success, $"figure {figure.Name} is missing");
            Assert.Equal(2, Regex.Count(match.Value, "<svg ")); // for desks and for phones
            Assert.Equal(2, Regex.Count(match.Value, "</svg>"));
            Assert.True(Regex.Count(match.Value, "<text ") > 8, $"figure {figure.Name} is empty");
        });
        Assert.Contains("<th>most popular</th>", document, StringComparison.Ordinal);
        Assert.Contains("<th>another run, retrained 1</th>", document, StringComparison.Ordinal);
        // Addresses only name the format of SVG; nothing is loaded.
        Assert.All(Address().Matches(document), match => Assert.Equal("http://www.w3.org/2000/svg", match.Value));
        Assert.DoesNotContain("<script", document, StringComparison.Ordinal);
        Assert.DoesNotContain("<link", document, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_from_a_run_can_not_become_markup()
    {
        _run.Write("config.json", """{"command": "search", "data": "<script>alert(1)</script>", "seed": 1}""");
        var page = HtmlReport.Create(RunReader.Read(_run.Folder), []);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
    }

    private async Task<string> Dump(string browser, string page)
    {
        var profile = Path.Combine(_run.Folder, "profile");
        var start = new ProcessStartInfo(browser) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var option in new[]
        {
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", $"--user-data-dir={profile}", "--dump-dom", new Uri(page).AbsoluteUri,
        })
        {
            start.ArgumentList.Add(option);
        }

        using var process = Process.Start(start)!;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromMinutes(5));
        try
        {
            var errors = process.StandardError.ReadToEndAsync(timeout.Token);
            var document = await process.StandardOutput.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            Assert.True(process.ExitCode == 0, await errors);
            return document;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    [GeneratedRegex("https?://[^\"' <)]*")]
    private static partial Regex Address();
}
