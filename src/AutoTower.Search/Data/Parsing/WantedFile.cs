namespace AutoTower.Search.Data.Parsing;

/// <summary>A file of a published data set under the names that it goes by.</summary>
/// <param name="Names">The names, the first one found counts.</param>
internal sealed record WantedFile(IReadOnlyList<string> Names)
{
    /// <summary>Whether the data set can do without it.</summary>
    public bool IsOptional { get; init; }

    /// <summary>A file by its only name.</summary>
    public static implicit operator WantedFile(string name) => new([name]);

    /// <summary>A file that may also be compressed.</summary>
    public static WantedFile PlainOrGzip(params string[] names) => new([.. names.SelectMany(name => new[] { name, name + ".gz" })]);

    /// <summary>
    /// The name under which the file is in a directory, or null. A directory in its place counts as present: the reader's message about it is
    /// clearer than "missing".
    /// </summary>
    public string? In(string directory) => Names.FirstOrDefault(name => Path.Exists(Path.Combine(directory, name)));

    /// <inheritdoc/>
    public override string ToString() => Names[0];
}
