namespace AutoTower.Search.Artefacts;

/// <summary>
/// Files that are either the old or the new one, never half: written beside the target, flushed to disk, renamed, and the folder flushed.
/// </summary>
internal static class AtomicFile
{
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = path + ".partial";
        try
        {
            try
            {
                using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
                {
                    write(stream);
                    stream.Flush(flushToDisk: true);
                }

                File.Move(temporary, path, overwrite: true);
                DirectoryFlush.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
            }
            finally
            {
                File.Delete(temporary);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // The last is how .NET reports a file that grows beyond what the system allows.
            throw new IOException($"{path} could not be written: {failure.Message}", failure);
        }
    }
}
