using AutoTower.Search.Data.Tables;

namespace AutoTower.Search.Data.SchemaFiles;

/// <summary>A file of rows that a schema file names.</summary>
/// <param name="Name">Its path, relative to the folder of the schema file.</param>
/// <param name="Format">"csv" or "parquet".</param>
/// <param name="Separator">CSV: what stands between two fields; null to find it out.</param>
internal sealed record TableFile(string Name, string Format, char? Separator)
{
    /// <summary>Keys of a file within a schema file.</summary>
    public static readonly string[] Keys = ["file", "format", "separator"];

    private static readonly string[] Formats = ["csv", "parquet"];

    /// <summary>Reads the keys; without a format the name's ending tells it.</summary>
    public static TableFile Parse(SchemaObject description)
    {
        var name = description.Text("file");
        var format = description.Choice("format", name.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) ? "parquet" : "csv", Formats);
        var separator = description.Separator("separator");
        return separator is null || format == "csv"
            ? new TableFile(name, format, separator)
            : throw description.Error("separator", "belongs to CSV files, not to Parquet");
    }

    /// <summary>The full path.</summary>
    public string In(string folder) => Path.Combine(folder, Name);

    /// <summary>Opens the file.</summary>
    /// <param name="folder">Where it is.</param>
    /// <param name="columns">The columns to read.</param>
    /// <exception cref="DataException">It cannot be read, or lacks a column.</exception>
    public TableReader Open(string folder, IReadOnlyList<string> columns) =>
        Format == "parquet" ? new ParquetTableReader(In(folder), columns) : new CsvTableReader(In(folder), Separator, columns);
}
