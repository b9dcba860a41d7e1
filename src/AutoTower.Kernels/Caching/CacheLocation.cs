namespace AutoTower.Kernels.Caching;

/// <summary>Where caches lie: the option, then AUTOTOWER_CACHE, then the user's cache folder.</summary>
public static class CacheLocation
{
    /// <summary>Environment variable with the folder for everything that AutoTower caches.</summary>
    public const string Variable = "AUTOTOWER_CACHE";

    /// <summary>The folder of a cache.</summary>
    /// <param name="cache">What is cached, the folder's name, such as "kernels".</param>
    /// <param name="option">The folder that somebody chose; null or empty for the usual one.</param>
    /// <param name="environment">Looks up environment variables.</param>
    public static string Find(string cache, string? option, Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (!string.IsNullOrEmpty(option))
        {
            return option;
        }
        if (environment(Variable) is { Length: > 0 } folder)
        {
            return Path.Combine(folder, cache);
        }
        string user = environment("XDG_CACHE_HOME") is { Length: > 0 } xdg ? xdg
            : environment("LOCALAPPDATA") is { Length: > 0 } local ? local
            : environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".cache")
            : Path.GetTempPath();
        return Path.Combine(user, "autotower", cache);
    }
}
