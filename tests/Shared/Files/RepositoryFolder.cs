namespace AutoTower.Tests.Files;

/// <summary>The folder that the tests were built in.</summary>
internal static class RepositoryFolder
{
    /// <summary>The path of a file or folder in it.</summary>
    public static string PathOf(params string[] parts)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "AutoTower.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine([folder.FullName, .. parts]);
    }
}
