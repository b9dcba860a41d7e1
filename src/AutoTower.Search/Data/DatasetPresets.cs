using AutoTower.Search.Data.MovieLens;
using AutoTower.Search.Data.Parsing;

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
    ];

    /// <summary>All preset names; `synthetic` first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Schemas.Select(schema => schema.Name)];

    /// <summary>The fields and history length of a preset, without its files.</summary>
    /// <param name="name">A preset name.</param>
    /// <returns>The schema.</returns>
    /// <exception cref="DataException">No preset has that name.</exception>
    public static DatasetSchema Schema(string name) =>
        Schemas.FirstOrDefault(schema => schema.Name == name)
        ?? throw new DataException($"There is no data set '{name}', choose one of {string.Join(", ", Names)}.");

    /// <summary>Loads a preset from its published files, or generates `synthetic`.</summary>
    /// <param name="name">A preset name.</param>
    /// <param name="directory">
    /// Where the files are, or that directory's parent. Null looks in AUTOTOWER_DATA/name, data/name and ../shared/data/name.
    /// </param>
    /// <param name="synthetic">Options of `synthetic`, null for its defaults; without effect on the others.</param>
    /// <returns>The data set.</returns>
    /// <exception cref="DataException">Unknown name, missing or malformed files, or options that do not fit.</exception>
    public static Dataset Load(string name, string? directory, SyntheticOptions? synthetic = null)
    {
        var schema = Schema(name);
        return schema.Name switch
        {
            SyntheticData.Name when directory is not null =>
                throw new DataException($"The data set synthetic is generated and reads no directory, but {directory} was given."),
            SyntheticData.Name => SyntheticData.Generate(synthetic ?? new SyntheticOptions()),
            "ml-100k" => MovieLens100K.Read(
                DataDirectory.Find(name, MovieLens100K.Files, MovieLens100K.PublishedAt, directory), schema),
            "ml-1m" => MovieLens1M.Read(
                DataDirectory.Find(name, MovieLens1M.Files, MovieLens1M.PublishedAt, directory), schema),
            _ => throw new DataException($"The data set {name} is known, but its reader is not part of this version."),
        };
    }
}
