namespace AutoTower.Kernels.Compilation;

/// <summary>Where kernels come from and where their binaries are kept.</summary>
public sealed record KernelLibraryOptions
{
    /// <summary>Folder with sources to use instead of the embedded ones (--kernels-dir); null for the embedded ones.</summary>
    public string? KernelsDirectory { get; init; }

    /// <summary>Folder of the cache; null for AUTOTOWER_CACHE/kernels or, without that, autotower/kernels in the user's cache folder.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>Whether binaries are kept on disk.</summary>
    public bool UseCache { get; init; } = true;

    /// <summary>Preprocessor definitions for every source, NAME or NAME=VALUE.</summary>
    public IReadOnlyList<string> Definitions { get; init; } = [];

    /// <summary>Gets one sentence when the cache cannot be written; null drops it.</summary>
    public Action<string>? Warning { get; init; }
}
