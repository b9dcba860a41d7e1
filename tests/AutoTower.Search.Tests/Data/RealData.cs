using AutoTower.Search.Data;

namespace AutoTower.Search.Tests.Data;

/// <summary>The published data sets, which lie outside the repository; tests that need them skip where they are absent.</summary>
internal static class RealData
{
    public static Dataset LoadOrSkip(string name) =>
        DatasetPresets.Load(name, DirectoryOrSkip(name is "beauty" or "lastfm" or "sports" ? "sequences" : name));

    public static string DirectoryOrSkip(string name)
    {
        var root = Environment.GetEnvironmentVariable("AUTOTOWER_DATA");
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); root is null && directory is not null; directory = directory.Parent)
        {
            var candidate = Path.Combine(directory.FullName, "shared", "data");
            root = Directory.Exists(candidate) ? candidate : null;
        }

        var path = Path.Combine(root ?? "shared/data", name);
        Assert.SkipUnless(Directory.Exists(path), $"The published data set {name} is not on this machine (AUTOTOWER_DATA names its parent).");
        return path;
    }
}
