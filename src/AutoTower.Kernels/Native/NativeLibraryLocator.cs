using System.Runtime.InteropServices;

namespace AutoTower.Kernels.Native;

/// <summary>Tries a library's names, first as the system's loader finds them, then in the toolkit's folders.</summary>
internal sealed class NativeLibraryLocator(bool isWindows, Func<string, string?> environment, NativeLibraryLocator.Loader loader)
{
    /// <summary>Loads a library by name or path; false when there is none.</summary>
    internal delegate bool Loader(string nameOrPath, out nint handle);

    internal static NativeLibraryLocator ForThisSystem() =>
        new(OperatingSystem.IsWindows(), Environment.GetEnvironmentVariable, NativeLibrary.TryLoad);

    /// <summary>Folders of the toolkit that are searched after the system's own, in order.</summary>
    internal IReadOnlyList<string> ToolkitFolders()
    {
        var folders = new List<string>();
        foreach (string variable in (string[])["CUDA_PATH", "CUDA_HOME"])
        {
            if (environment(variable) is { Length: > 0 } root)
            {
                folders.AddRange(isWindows
                    ? [Path.Combine(root, "bin"), Path.Combine(root, "bin", "x64")]
                    : [Path.Combine(root, "lib64"), Path.Combine(root, "lib")]);
            }
        }
        if (!isWindows)
        {
            folders.Add("/usr/local/cuda/lib64");
        }
        return [.. folders.Distinct()];
    }

    internal nint Load(NativeLibraryDescription library)
    {
        IReadOnlyList<string> names = isWindows ? library.WindowsNames : library.LinuxNames;
        IReadOnlyList<string> folders = ToolkitFolders();
        foreach (string candidate in names.Concat(folders.SelectMany(folder => names.Select(name => Path.Combine(folder, name)))))
        {
            if (loader(candidate, out nint handle))
            {
                return handle;
            }
        }
        string places = folders.Count == 0 ? "" : $" and in {string.Join(", ", folders)}";
        throw new CudaLibraryNotFoundException(
            $"The {library.Title} library was not found: looked for {string.Join(", ", names)} on the system's search path{places}; {library.Remedy}.");
    }
}
