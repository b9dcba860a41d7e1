using System.Text.Json;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Data;

namespace AutoTower.Search.Comparison;

/// <summary>What <c>compare</c> needs of a finished run: its options and the test metrics of its result.</summary>
/// <param name="Path">The run folder.</param>
/// <param name="Options">The options by name, as text, without the seed.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Metrics">Metric values by name, for example <c>paper recall@10</c>, in the order of the report.</param>
public sealed record RunResult(
    string Path, IReadOnlyDictionary<string, string> Options, string Seed, IReadOnlyDictionary<string, double> Metrics)
{
    private const string SeedOption = "seed";

    /// <summary>Reads <c>config.json</c> and <c>report.json</c> of a run folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="incidental">Options that do not change the result.</param>
    /// <exception cref="DataException">A file is missing or damaged, or the run isn't finished; one sentence.</exception>
    public static RunResult Read(string path, IReadOnlySet<string> incidental)
    {
        ArgumentNullException.ThrowIfNull(incidental);
        using var configuration = Parse(path, RunFolder.ConfigurationFile);
        using var report = Parse(path, "report.json");
        var options = configuration.RootElement.EnumerateObject()
            .Where(option => !incidental.Contains(option.Name))
            .ToDictionary(option => option.Name, option => option.Value.ToString());
        options.Remove(SeedOption, out var seed);
        return new RunResult(path, options, seed ?? "?", ReadMetrics(path, report.RootElement));
    }

    private static Dictionary<string, double> ReadMetrics(string path, JsonElement report)
    {
        // A search reports several architectures; its result is the first, chosen on validation data.
        var trained = report.TryGetProperty("search", out var search) && search.TryGetProperty("trained", out var all) && all.GetArrayLength() > 0
            ? all[0]
            : report.TryGetProperty("trained", out var one) ? one : default;
        if (trained.ValueKind != JsonValueKind.Object || !trained.TryGetProperty("test", out var test))
        {
            throw new DataException($"{System.IO.Path.Combine(path, "report.json")} has no test metrics of a trained architecture.");
        }

        return test.EnumerateObject()
            .SelectMany(protocol => protocol.Value.EnumerateObject()
                .Where(metric => metric.Name.StartsWith("recall@", StringComparison.Ordinal) || metric.Name.StartsWith("ndcg@", StringComparison.Ordinal))
                .OrderBy(metric => metric.Name.StartsWith("ndcg@", StringComparison.Ordinal))
                .Select(metric => ($"{protocol.Name} {metric.Name}", metric.Value.GetDouble())))
            .ToDictionary();
    }

    private static JsonDocument Parse(string path, string file)
    {
        var full = System.IO.Path.Combine(path, file);
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(full));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException($"{path} holds no finished run: there is no {file}.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DataException($"{full} can't be read: {failure.Message}");
        }
    }
}
