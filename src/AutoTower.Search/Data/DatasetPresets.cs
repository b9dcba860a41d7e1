using AutoTower.Kernels.Caching;
using AutoTower.Search.Data.MovieLens;
using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Preparation;
using AutoTower.Search.Data.Reviews;
using AutoTower.Search.Data.SchemaFiles;
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

    /// <summary>A preset's name in its one spelling, or the full path of a schema file (.json) or a sequence file (.txt).</summary>
    /// <param name="data">What somebody typed: a name in any case, or a file.</param>
    /// <returns>The name or path, which <see cref="Schema"/> and <see cref="Load"/> take.</returns>
    /// <exception cref="DataException">Neither; the message suggests the nearest name.</exception>
    public static string Resolve(string data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (IsSequenceFile(data) || IsSchemaFile(data))
        {
            return Path.GetFullPath(data);
        }

        return Names.FirstOrDefault(name => Same(name, data))
            ?? SequenceNames.FirstOrDefault(pair => Same(pair.Value, data)).Key
            ?? throw new DataException(
                $"There is no data set '{data}'; did you mean '{NearestNames.Of(data.ToLowerInvariant(), Names, 1)[0]}'? "
                + $"There are {string.Join(", ", Names)}, schema files (.json) and sequence files (.txt).");
    }

    /// <summary>The fields and history length of a data set, without reading its interactions.</summary>
    /// <param name="data">A preset name or a file, as <see cref="Resolve"/> takes it.</param>
    /// <returns>The schema.</returns>
    /// <exception cref="DataException">No preset has that name, or the schema file cannot be used.</exception>
    public static DatasetSchema Schema(string data)
    {
        var name = Resolve(data);
        return IsSchemaFile(name) ? SchemaFile.Parse(name).Schema
            : IsSequenceFile(name) ? SequenceFile.Schema(name)
            : Schemas.First(schema => schema.Name == name);
    }

    /// <summary>Loads a data set from its files, or generates `synthetic`.</summary>
    /// <param name="data">A preset name or a file, as <see cref="Resolve"/> takes it.</param>
    /// <param name="directory">
    /// Where the files are, or that directory's parent. Null looks in AUTOTOWER_DATA/name, data/name and ../shared/data/name, where name is
    /// the preset's or, for sequence files, "sequences"; for schema files and sequence files by path, their own folder.
    /// </param>
    /// <param name="synthetic">Options of `synthetic`, null for its defaults; without effect on the others.</param>
    /// <param name="preparation">Thresholds and cache for data sets from raw files, null for the defaults.</param>
    /// <returns>The data set.</returns>
    /// <exception cref="DataException">Unknown name, missing or malformed files, or options that do not fit.</exception>
    public static Dataset Load(
        string data, string? directory, SyntheticOptions? synthetic = null, PreparationOptions? preparation = null)
    {
        var name = Resolve(data);
        preparation ??= new PreparationOptions();
        if (Raw(name, directory, preparation) is { } raw)
        {
            return preparation.UseCache ? Cache(preparation).Get(raw) : raw.Read();
        }

        if (preparation is not { MinimumUserRecords: null, MinimumItemRecords: null })
        {
            throw new DataException(
                $"The data set {name} is taken as it is; --min-user-records and --min-item-records go with yelp, amazon-books and schema files.");
        }

        return name switch
        {
            SyntheticData.Name when directory is not null =>
                throw new DataException($"The data set synthetic is generated and reads no directory, but {directory} was given."),
            SyntheticData.Name => SyntheticData.Generate(synthetic ?? new SyntheticOptions()),
            "ml-100k" => MovieLens100K.Read(
                DataDirectory.Find(name, name, MovieLens100K.Files, MovieLens100K.Published, directory), Schema(name)),
            "ml-1m" => MovieLens1M.Read(
                DataDirectory.Find(name, name, MovieLens1M.Files, MovieLens1M.Published, directory), Schema(name)),
            _ => SequenceFile.Read(
                SequenceNames.TryGetValue(name, out var fileName) ? FindSequence(name, fileName, directory) : name, Schema(name)),
        };
    }

    /// <summary>The raw files of a data set that is prepared from such, or null.</summary>
    private static RawData? Raw(string name, string? directory, PreparationOptions preparation)
    {
        if (IsSchemaFile(name))
        {
            var description = SchemaFile.Parse(name);
            var folder = directory ?? description.Folder;
            var limits = Thresholds(description.Thresholds, preparation);
            var text = Convert.ToHexString(SourceFile.Hash(name));
            return new RawData($"{description.Schema.Name} {text} {limits}", description.Files(folder), () => description.Read(folder, limits));
        }

        switch (name)
        {
            case "yelp":
                var yelp = Thresholds(YelpReviews.Thresholds, preparation);
                var yelpFiles = Find(YelpReviews.Published, YelpReviews.Reviews, YelpReviews.Businesses, YelpReviews.Users);
                return new RawData(
                    $"yelp {yelp}",
                    [.. yelpFiles.OfType<string>()],
                    () => YelpReviews.Read(yelpFiles[0]!, yelpFiles[1]!, yelpFiles[2], Schema(name), yelp));
            case "amazon-books":
                var books = Thresholds(AmazonBooks.Thresholds, preparation);
                var bookFiles = Find(AmazonBooks.Published, AmazonBooks.Reviews, AmazonBooks.Metadata);
                return new RawData(
                    $"amazon-books {books}",
                    [.. bookFiles.OfType<string>()],
                    () => AmazonBooks.Read(bookFiles[0]!, bookFiles[1], Schema(name), books));
            default:
                return null;
        }

        string?[] Find(string origin, params WantedFile[] files)
        {
            var folder = DataDirectory.Find(name, name, files, origin, directory);
            return Array.ConvertAll(files, file =>
            {
                var found = file.In(folder);
                if (found is null)
                {
                    preparation.Warning?.Invoke($"{Path.GetFullPath(folder)} has no {file}, so the features in it are unknown.");
                }

                return found is null ? null : Path.Combine(folder, found);
            });
        }
    }

    private static CoreThresholds Thresholds(CoreThresholds own, PreparationOptions preparation) =>
        new(preparation.MinimumUserRecords ?? own.Users, preparation.MinimumItemRecords ?? own.Items);

    private static DatasetCache Cache(PreparationOptions preparation) =>
        new(CacheLocation.Find("data", preparation.CacheDirectory, Environment.GetEnvironmentVariable), preparation.Warning);

    private static string FindSequence(string name, string fileName, string? directory)
    {
        WantedFile[] files = [fileName + ".txt", fileName + SequenceFile.AttributesSuffix];
        return Path.Combine(DataDirectory.Find(name, "sequences", files, SequenceFile.Origin, directory), files[0].Names[0]);
    }

    private static bool IsSchemaFile(string data) => data.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private static bool IsSequenceFile(string data) => data.EndsWith(".txt", StringComparison.OrdinalIgnoreCase);

    private static bool Same(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
