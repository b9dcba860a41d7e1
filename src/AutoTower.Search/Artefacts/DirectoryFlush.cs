using System.Runtime.InteropServices;

namespace AutoTower.Search.Artefacts;

/// <summary>Flushes a folder's entries to disk, so that a renamed file is found under its new name after a power failure.</summary>
internal static partial class DirectoryFlush
{
    /// <summary>Does nothing where the system has no such call, or the file system does not support it.</summary>
    public static void Flush(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(path, 0);
        if (descriptor >= 0)
        {
            _ = FlushDescriptor(descriptor);
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FlushDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
