using System.Globalization;
using System.Text.Json;
using AutoTower.Search.Data;

namespace AutoTower.Report.Runs;

/// <summary>
/// Reads a run's folder: <c>config.json</c>, <c>metrics.jsonl</c> and, once the run is over, <c>report.json</c>. A run that goes on or
/// that was stopped can be read too; a last line that is cut is left out.
/// </summary>
public static class RunReader
{
    /// <summary>Reads a folder.</summary>
    /// <exception cref="DataException">It holds no run, or a file is damaged; one sentence names it.</exception>
    public static RunData Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = Path.GetFullPath(folder);
        if (!File.Exists(Path.Combine(path, "config.json")))
        {
            throw new DataException($"{folder} is not a run folder: it has no config.json.");
        }

        var configuration = Configuration(Path.Combine(path, "config.json"));
        var losses = new Dictionary<string, SortedDictionary<int, double>>();
        var candidates = new SortedDictionary<int, Candidate>();
        foreach (var record in Records(Path.Combine(path, "metrics.jsonl")))
        {
            switch (Text(record, "event"))
            {
                case "training":
                    // A resumed run repeats the steps since its checkpoint; the later record stands.
                    var phase = Text(record, "phase") ?? string.Empty;
                    (losses.TryGetValue(phase, out var points) ? points : losses[phase] = [])[Integer(record, "step")] = Number(record, "loss") ?? double.NaN;
                    break;
                case "candidate" when ArchitectureText.Parse(Text(record, "architecture")) is { } architecture:
                    candidates[Integer(record, "index")] = Judged(record, architecture, "loss");
                    break;
            }
        }

        var (trained, popularity, front) = Results(Path.Combine(path, "report.json"));
        return new RunData(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(path)),
            configuration.GetValueOrDefault("command", "run"),
            configuration,
            losses.ToDictionary(
                pair => pair.Key, pair => (IReadOnlyList<LossPoint>)[.. pair.Value.Select(point => new LossPoint(point.Key, point.Value))]),
            [.. candidates.Values],
            trained,
            popularity)
        {
            Front = front,
        };
    }

    private static Candidate Judged(JsonElement element, ArchitectureText architecture, string fitness) => new(
        Integer(element, "iteration"),
        architecture,
        Number(element, fitness) ?? double.NaN,
        Number(element, "params") ?? double.NaN,
        Number(element, "flops") ?? double.NaN,
        Number(element, "latency_ms"));

    private static Dictionary<string, string> Configuration(string path)
    {
        var settings = new Dictionary<string, string>();
        Collect(Document(path), string.Empty, settings);
        return settings;
    }

    /// <summary>Settings may lie in groups; the last part of the name is the option's.</summary>
    private static void Collect(JsonElement element, string name, Dictionary<string, string> settings)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    Collect(property.Value, property.Name, settings);
                }

                break;
            case JsonValueKind.Array or JsonValueKind.Null:
                break;
            default:
                settings[name] = element.ToString();
                break;
        }
    }

    private static IEnumerable<JsonElement> Records(string path)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        // The file may be written to while it is read.
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        var number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            JsonElement? record = null;
            try
            {
                using var document = JsonDocument.Parse(line);
                record = document.RootElement.Clone();
            }
            catch (JsonException) when (reader.EndOfStream)
            {
                // The last line of a run that was stopped, or that is being written.
            }
            catch (JsonException failure)
            {
                throw new DataException($"{path}, line {number}: not a JSON object ({failure.Message})");
            }

            if (record is { ValueKind: JsonValueKind.Object } known)
            {
                yield return known;
            }
        }
    }

    private static (IReadOnlyList<TrainedModel> Trained, IReadOnlyDictionary<string, MetricSet> Popularity, IReadOnlyList<Candidate> Front) Results(
        string path)
    {
        if (!File.Exists(path))
        {
            return ([], new Dictionary<string, MetricSet>(), []);
        }

        var root = Document(path);
        var holder = root.TryGetProperty("search", out var search) ? search : root;
        IEnumerable<JsonElement> models = holder.TryGetProperty("trained", out var trained)
            ? trained.ValueKind == JsonValueKind.Array ? trained.EnumerateArray() : [trained]
            : [];
        return (
            [.. models.Select(Model)],
            holder.TryGetProperty("popularity", out var popularity) ? Protocols(popularity) : new Dictionary<string, MetricSet>(),
            holder.TryGetProperty("front", out var front) && front.ValueKind == JsonValueKind.Array ? [.. front.EnumerateArray().SelectMany(Member)] : []);
    }

    private static IEnumerable<Candidate> Member(JsonElement element)
    {
        if (ArchitectureText.Parse(Text(element, "architecture")) is { } architecture)
        {
            yield return Judged(element, architecture, "fitness");
        }
    }

    private static TrainedModel Model(JsonElement element)
    {
        var name = Text(element, "architecture") ?? Text(element, "model") ?? "model";
        return new TrainedModel(
            ArchitectureText.Parse(name),
            name,
            Number(element, "params"),
            Number(element, "flops"),
            Number(element, "fitness"),
            Integer(element, "best_epoch"),
            element.TryGetProperty("epochs", out var epochs) && epochs.ValueKind == JsonValueKind.Array
                ? [.. epochs.EnumerateArray().Select(epoch => new Epoch(
                    Integer(epoch, "epoch"), Number(epoch, "training_loss") ?? double.NaN, Number(epoch, "validation_loss") ?? double.NaN))]
                : [],
            element.TryGetProperty("test", out var test) ? Protocols(test) : new Dictionary<string, MetricSet>());
    }

    private static Dictionary<string, MetricSet> Protocols(JsonElement element) => element.EnumerateObject()
        .Where(protocol => protocol.Value.ValueKind == JsonValueKind.Object)
        .ToDictionary(
            protocol => protocol.Name,
            protocol => new MetricSet(
                protocol.Value.EnumerateObject()
                    .Where(metric => metric.Name.Contains('@', StringComparison.Ordinal) && metric.Value.ValueKind == JsonValueKind.Number)
                    .ToDictionary(metric => metric.Name, metric => metric.Value.GetDouble()),
                Integer(protocol.Value, "users")));

    private static JsonElement Document(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new DataException($"{path} is no JSON object.");
        }
        catch (JsonException failure)
        {
            throw new DataException($"{path} is no valid JSON: {failure.Message}");
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static double? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static int Integer(JsonElement element, string name) =>
        Number(element, name) is { } number ? Convert.ToInt32(number, CultureInfo.InvariantCulture) : 0;
}
