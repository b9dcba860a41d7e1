using AutoTower.Search.Data.MovieLens;
using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Sequences;

namespace AutoTower.Search.Data;

/// <summary>The data sets by name (SPEC.md, Data): their schemas, and their readers.</summary>
public static class DatasetPresets
{
    private static readonly DatasetSchema[] Schemas =
    [
        new(
            SyntheticData.Name,
            ["user", "age group", "region"],
            ["item", "era", "genres"],
            ["item", "era", "genres"],
            20),
        new(
            "ml-100k",
            ["user", "age group", "gender", "occupation"],
            ["movie", "year bucket", "genres"],
            ["movie", "year bucket", "genres"],
            20),
        new(
            "ml-1m",
            ["user", "age", "gender", "occupation"],
            ["movie", "year bucket", "genres"],
            ["movie", "year bucket", "genres"],
            20),
        new(
            "yelp",
            ["user", "review count", "member since", "useful", "funny", "cool"],
            ["business", "city", "state", "stars", "review count", "open"],
            ["business", "city", "state", "stars", "review count", "open"],
            40),
        new(
            "amazon-books",
            ["user"],
            ["book", "price"],
            ["book", "price"],
            50),
        SequenceFile.Schema("beauty", hasAttributes: true),
        SequenceFile.Schema("lastfm", hasAttributes: true),
        SequenceFile.Schema("sports", hasAttributes: true),
    ];

    /// <summary>Preset to the name of its sequence file, which names the preset too.</summary>
    private static readonly Dictionary<string, string> SequenceNames = new()
    {
        ["beauty"] = "Beauty",
        ["lastfm"] = "LastFM",
        ["sports"] = "Sports_and_Outdoors",
    };

    /// <summary>All preset names; `synthetic` first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Schemas.Select(schema => schema.Name)];

    /// <summary>A preset's name in its one spelling, or the full path of a sequence file (.txt).</summary>
    /// <param name="data">What somebody typed: a name in any case, or a file.</param>
    /// <returns>The name or path, which <see cref="Schema"/> and <see cref="Load"/> take.</returns>
    /// <exception cref="DataException">Neither; the message suggests the nearest name.</exception>
    public static string Resolve(string data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (IsSequenceFile(data))
        {
            return Path.GetFullPath(data);
        }

        return Names.FirstOrDefault(name => Same(name, data))
            ?? SequenceNames.FirstOrDefault(pair => Same(pair.Value, data)).Key
            ?? throw new DataException(
                $"There is no data set '{data}'; did you mean '{NearestNames.Of(data.ToLowerInvariant(), Names, 1)[0]}'? "
                + $"There are {string.Join(", ", Names)}, and sequence files (.txt).");
    }

    /// <summary>The fields and history length of a data set, without reading its interactions.</summary>
    /// <param name="data">A preset name or a file, as <see cref="Resolve"/> takes it.</param>
    /// <returns>The schema.</returns>
    /// <exception cref="DataException">No preset has that name.</exception>
    public static DatasetSchema Schema(string data)
    {
        var name = Resolve(data);
        return IsSequenceFile(name) ? SequenceFile.Schema(name) : Schemas.First(schema => schema.Name == name);
    }

    /// <summary>Loads a data set from its files, or generates `synthetic`.</summary>
    /// <param name="data">A preset name or a file, as <see cref="Resolve"/> takes it.</param>
    /// <param name="directory">
    /// Where the files are, or that directory's parent. Null looks in AUTOTOWER_DATA/name, data/name and ../shared/data/name, where name is
    /// the preset's or, for sequence files, "sequences".
    /// </param>
    /// <param name="synthetic">Options of `synthetic`, null for its defaults; without effect on the others.</param>
    /// <returns>The data set.</returns>
    /// <exception cref="DataException">Unknown name, missing or malformed files, or options that do not fit.</exception>
    public static Dataset Load(string data, string? directory, SyntheticOptions? synthetic = null)
    {
        var name = Resolve(data);
        var schema = Schema(name);
        return name switch
        {
            SyntheticData.Name when directory is not null =>
                throw new DataException($"The data set synthetic is generated and reads no directory, but {directory} was given."),
            SyntheticData.Name => SyntheticData.Generate(synthetic ?? new SyntheticOptions()),
            "ml-100k" => MovieLens100K.Read(
                DataDirectory.Find(name, name, MovieLens100K.Files, MovieLens100K.Published, directory), schema),
            "ml-1m" => MovieLens1M.Read(
                DataDirectory.Find(name, name, MovieLens1M.Files, MovieLens1M.Published, directory), schema),
            _ when SequenceNames.TryGetValue(name, out var fileName) => SequenceFile.Read(FindSequence(name, fileName, directory), schema),
            _ when IsSequenceFile(name) => SequenceFile.Read(name, schema),
            _ => throw new DataException($"The data set {name} is known, but its reader is not part of this version."),
        };
    }

    private static string FindSequence(string name, string fileName, string? directory)
    {
        string[] files = [fileName + ".txt", fileName + SequenceFile.AttributesSuffix];
        return Path.Combine(DataDirectory.Find(name, "sequences", files, SequenceFile.Origin, directory), files[0]);
    }

    private static bool IsSequenceFile(string data) => data.EndsWith(".txt", StringComparison.OrdinalIgnoreCase);

    private static bool Same(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
