using System.Security.Cryptography;
using System.Text;

namespace AutoTower.Kernels.Caching;

/// <summary>
/// A cache on disk, one file an entry. A file is written beside its place and renamed, so that processes sharing the folder see whole entries
/// only; its checksum makes a damaged one count as missing. A folder that cannot be used costs speed, not the run.
/// </summary>
/// <param name="directory">The folder.</param>
/// <param name="magic">First bytes of every entry, ASCII; they change with the format of what is cached.</param>
/// <param name="content">What is cached, as in "kernel", for the warning.</param>
/// <param name="consequence">What an unusable folder means, as in "kernels are compiled at every start", for the warning.</param>
/// <param name="warning">Told once, in one sentence, when an entry cannot be written.</param>
public class EntryCache(string directory, string magic, string content, string consequence, Action<string>? warning)
{
    private readonly byte[] _magic = Encoding.ASCII.GetBytes(magic);

    private int _warned;

    /// <summary>Reads an entry; null when there is none or it is damaged.</summary>
    public byte[]? TryRead(string entry)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(PathOf(entry));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        int headerBytes = _magic.Length + SHA256.HashSizeInBytes;
        if (file.Length < headerBytes || !file.AsSpan().StartsWith(_magic))
        {
            return null;
        }
        ReadOnlySpan<byte> image = file.AsSpan(headerBytes);
        return file.AsSpan(_magic.Length, SHA256.HashSizeInBytes).SequenceEqual(SHA256.HashData(image)) ? image.ToArray() : null;
    }

    /// <summary>Writes an entry; on failure warns once and goes on.</summary>
    public void Write(string entry, ReadOnlySpan<byte> image)
    {
        string temporary = Path.Combine(directory, $".{entry}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp");
        try
        {
            Directory.CreateDirectory(directory);
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(_magic);
                file.Write(SHA256.HashData(image));
                file.Write(image);
            }
            File.Move(temporary, PathOf(entry), overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            if (Interlocked.Exchange(ref _warned, 1) == 0)
            {
                warning?.Invoke($"The {content} cache folder {directory} cannot be written ({exception.Message.TrimEnd('.')}), "
                    + $"so {consequence}; set {CacheLocation.Variable} to a folder that can.");
            }
        }
    }

    private string PathOf(string entry) => Path.Combine(directory, entry);

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A leftover with a random name is never read, so it harms nobody.
        }
    }
}
