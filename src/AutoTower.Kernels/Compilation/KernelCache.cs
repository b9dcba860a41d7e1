using System.Security.Cryptography;

namespace AutoTower.Kernels.Compilation;

/// <summary>
/// Compiled kernels on disk, one file an entry. A file is written beside its place and renamed, so that processes sharing the folder see
/// whole entries only; its checksum makes a damaged one count as missing. A folder that cannot be used costs speed, not the run.
/// </summary>
internal sealed class KernelCache(string directory, Action<string>? warning)
{
    private static ReadOnlySpan<byte> Magic => "ATKERN1\n"u8;

    private int _warned;

    /// <summary>Reads an entry; null when there is none or it is damaged.</summary>
    internal byte[]? TryRead(string entry)
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(PathOf(entry));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        int headerBytes = Magic.Length + SHA256.HashSizeInBytes;
        if (content.Length < headerBytes || !content.AsSpan().StartsWith(Magic))
        {
            return null;
        }
        ReadOnlySpan<byte> image = content.AsSpan(headerBytes);
        return content.AsSpan(Magic.Length, SHA256.HashSizeInBytes).SequenceEqual(SHA256.HashData(image)) ? image.ToArray() : null;
    }

    /// <summary>Writes an entry; on failure warns once and goes on.</summary>
    internal void Write(string entry, ReadOnlySpan<byte> image)
    {
        string temporary = Path.Combine(directory, $".{entry}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp");
        try
        {
            Directory.CreateDirectory(directory);
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(Magic);
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
                warning?.Invoke($"The kernel cache folder {directory} cannot be written ({exception.Message.TrimEnd('.')}), "
                    + $"so kernels are compiled at every start; set {KernelCacheLocation.Variable} to a folder that can.");
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
