namespace AutoTower.Search.Data.Preparation;

/// <summary>A data set that is prepared from raw files.</summary>
/// <param name="Settings">Everything beside the contents of the files that the result depends on, as text.</param>
/// <param name="Files">The files.</param>
/// <param name="Read">Reads and prepares them.</param>
internal sealed record RawData(string Settings, IReadOnlyList<string> Files, Func<Dataset> Read);
