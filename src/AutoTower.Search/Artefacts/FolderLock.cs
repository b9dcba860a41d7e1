namespace AutoTower.Search.Artefacts;

/// <summary>
/// Keeps a second process out of a run folder. The lock belongs to an open file, so it ends with the process however that ends; the file
/// itself stays.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    // What .NET reports for a file that is locked by another process: EAGAIN on Linux and macOS, a sharing violation on Windows.
    private static readonly int[] InUse = [11, 35, unchecked((int)0x80070020)];
    private readonly FileStream _file;

    /// <exception cref="IOException">The folder is in use, or can't be written; one sentence.</exception>
    public FolderLock(string folder)
    {
        try
        {
            _file = new FileStream(Path.Combine(folder, "run.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (InUse.Contains(failure.HResult))
        {
            throw new IOException($"The run folder {folder} is in use by another run; wait for it to end, or stop it.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The run folder {folder} can't be written: {failure.Message}", failure);
        }
    }

    public void Dispose() => _file.Dispose();
}
