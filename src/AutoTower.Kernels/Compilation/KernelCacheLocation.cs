namespace AutoTower.Kernels.Compilation;

/// <summary>Where the cache lies: the option, then AUTOTOWER_CACHE, then the user's cache folder.</summary>
internal static class KernelCacheLocation
{
    /// <summary>Environment variable with the folder for everything that AutoTower caches.</summary>
    internal const string Variable = "AUTOTOWER_CACHE";

    internal static string Find(string? option, Func<string, string?> environment)
    {
        if (!string.IsNullOrEmpty(option))
        {
            return option;
        }
        if (environment(Variable) is { Length: > 0 } folder)
        {
            return Path.Combine(folder, "kernels");
        }
        string user = environment("XDG_CACHE_HOME") is { Length: > 0 } xdg ? xdg
            : environment("LOCALAPPDATA") is { Length: > 0 } local ? local
            : environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".cache")
            : Path.GetTempPath();
        return Path.Combine(user, "autotower", "kernels");
    }
}
