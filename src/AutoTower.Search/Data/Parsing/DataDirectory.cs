namespace AutoTower.Search.Data.Parsing;

/// <summary>Finds the directory that holds the files of a preset.</summary>
internal static class DataDirectory
{
    /// <summary>Environment variable that names a directory with one folder per data set.</summary>
    public const string Variable = "AUTOTOWER_DATA";

    /// <summary>The directory that has all files.</summary>
    /// <param name="name">Preset name.</param>
    /// <param name="folder">The usual folder name.</param>
    /// <param name="files">Wanted files.</param>
    /// <param name="origin">What the files are and where they can be had, as it follows their names in a sentence.</param>
    /// <param name="directory">That directory or its parent; null looks in the usual places.</param>
    /// <exception cref="DataException">No place has all files.</exception>
    public static string Find(string name, string folder, WantedFile[] files, string origin, string? directory)
    {
        if (File.Exists(directory))
        {
            throw new DataException($"{directory} is a file, but the directory with {Names(files)} is expected.");
        }

        string[] places = directory is null
            ? UsualPlaces(folder, Environment.GetEnvironmentVariable(Variable))
            : [directory, Path.Combine(directory, folder)];
        var found = places.FirstOrDefault(place => Missing(place, files).Length == 0);
        if (found is not null)
        {
            return found;
        }

        var wanted = $"{name} needs {Names(files)} {origin}";
        var partial = places.FirstOrDefault(place => files.Any(file => file.In(place) is not null));
        throw new DataException(partial is null
            ? $"{wanted}, but none of these is in {List([.. places.Select(Path.GetFullPath)], "or")}."
            : $"{wanted}, but {Names(Missing(partial, files))} is missing in {Path.GetFullPath(partial)}.");
    }

    /// <summary>Where to look when no directory is given.</summary>
    /// <param name="folder">The usual folder name.</param>
    /// <param name="root">Value of <see cref="Variable"/>, if any.</param>
    internal static string[] UsualPlaces(string folder, string? root)
    {
        string[] places = [Path.Combine("data", folder), Path.Combine("..", "shared", "data", folder)];
        return string.IsNullOrEmpty(root) ? places : [Path.Combine(root, folder), .. places];
    }

    private static WantedFile[] Missing(string place, WantedFile[] files) => [.. files.Where(file => !file.IsOptional && file.In(place) is null)];

    private static string Names(WantedFile[] files) => List([.. files.Where(file => !file.IsOptional).Select(file => file.ToString())], "and");

    private static string List(string[] parts, string conjunction) =>
        parts.Length == 1 ? parts[0] : $"{string.Join(", ", parts[..^1])} {conjunction} {parts[^1]}";
}
