using AutoTower.Search.Space;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Export;

/// <summary>Writes a model's towers as ONNX files, and what to feed them.</summary>
public static class OnnxExport
{
    /// <summary>
    /// Writes <c>user_tower.onnx</c>, <c>item_tower.onnx</c> and, one line an entity, the inputs of all known users and items
    /// (<c>users.jsonl</c>, <c>items.jsonl</c>) to a folder, which is created where it is missing. Waits for the device.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="model">A trained model, or a supernet.</param>
    /// <param name="architecture">The path through it.</param>
    /// <param name="fold">Whether layers are folded; the function stays the same.</param>
    /// <exception cref="IOException">A file can't be written.</exception>
    /// <exception cref="NotSupportedException">A block type of the architecture has no ONNX form.</exception>
    public static ExportReport Write(string folder, TwoTowerModel model, Architecture architecture, bool fold)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(architecture);
        var dataset = model.Data.Dataset;
        var exporter = new TowerExporter(architecture, model.Shape, dataset, ExportWeights.Of(model));
        Directory.CreateDirectory(folder);
        var towers = new[] { exporter.User(), exporter.Item() }.Select(graph =>
        {
            var written = fold ? graph.Folded() : graph;
            var path = Path.Combine(folder, graph.Name + ".onnx");
            OnnxFile.Write(path, written, new Dictionary<string, string>
            {
                ["architecture"] = architecture.ToString(),
                ["data"] = dataset.Name,
                ["folded"] = fold ? "yes" : "no",
            });
            return new ExportedTower(
                graph.Name, path, [.. graph.Inputs.Select(input => input.Name)], graph.Output, graph.Cost, written.Cost);
        }).ToArray();
        FeatureLines.Write(Path.Combine(folder, "users.jsonl"), dataset.Users, dataset.UserKeys);
        FeatureLines.Write(Path.Combine(folder, "items.jsonl"), dataset.Items, dataset.ItemKeys);
        return new ExportReport(towers);
    }
}

/// <summary>What an export wrote.</summary>
/// <param name="Towers">The towers.</param>
public sealed record ExportReport(IReadOnlyList<ExportedTower> Towers);

/// <summary>An exported tower.</summary>
/// <param name="Name">For example <c>user_tower</c>.</param>
/// <param name="Path">The file.</param>
/// <param name="Inputs">Names of its inputs.</param>
/// <param name="Output">Name of its output.</param>
/// <param name="Trained">Cost as trained: parameters but for embedding tables, multiply-accumulates for one example.</param>
/// <param name="Written">Cost as written; less than <paramref name="Trained"/> where layers were folded.</param>
public sealed record ExportedTower(
    string Name, string Path, IReadOnlyList<string> Inputs, string Output, Complexity Trained, Complexity Written);
