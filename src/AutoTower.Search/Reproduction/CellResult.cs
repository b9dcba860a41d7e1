using System.Text.Json;
using AutoTower.Search.Data;

namespace AutoTower.Search.Reproduction;

/// <summary>What a finished run of a cell has found: the first of the trained models, chosen on validation data.</summary>
/// <param name="Seed">Seed of the run.</param>
/// <param name="Model">Architecture, or name of the baseline.</param>
/// <param name="Parameters">Parameters; null for a model without.</param>
/// <param name="Flops">FLOPs; null likewise.</param>
/// <param name="Metrics">Test metrics in [0, 1] by protocol and name, for example <c>paper recall@50</c>.</param>
/// <param name="Seconds">Wall-clock seconds that the run worked; null where it does not say.</param>
public sealed record CellResult(
    ulong Seed, string Model, double? Parameters, double? Flops, IReadOnlyDictionary<string, double> Metrics, double? Seconds)
{
    /// <summary>Reads <c>report.json</c> of a run folder.</summary>
    /// <exception cref="DataException">It is missing or says something else; one sentence.</exception>
    public static CellResult Read(string folder, ulong seed)
    {
        var path = Path.Combine(folder, "report.json");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            var isSearch = root.TryGetProperty("search", out var search);
            var trained = isSearch ? search.GetProperty("trained")[0] : root.GetProperty("trained");
            var metrics = trained.GetProperty("test").EnumerateObject()
                .SelectMany(protocol => protocol.Value.EnumerateObject()
                    .Where(metric => metric.Name.Contains('@', StringComparison.Ordinal))
                    .Select(metric => ($"{protocol.Name} {metric.Name}", metric.Value.GetDouble())))
                .ToDictionary();
            var seconds = isSearch
                ? search.GetProperty("seconds").EnumerateObject().Sum(phase => phase.Value.GetDouble())
                : Number(trained, "seconds");
            return new CellResult(seed, Text(trained), Number(trained, "params"), Number(trained, "flops"), metrics, seconds);
        }
        catch (Exception failure) when (failure is IOException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DataException($"{path} is no report of a finished search or training: {failure.Message}");
        }
    }

    private static string Text(JsonElement trained) =>
        trained.TryGetProperty("architecture", out var architecture) ? architecture.GetString()! : trained.GetProperty("model").GetString()!;

    private static double? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
