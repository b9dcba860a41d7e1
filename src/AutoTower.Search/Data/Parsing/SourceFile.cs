using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace AutoTower.Search.Data.Parsing;

/// <summary>Opens input files and says in one sentence why one cannot be read.</summary>
internal static class SourceFile
{
    /// <summary>The whole file.</summary>
    /// <exception cref="DataException">No such file, a directory, or not readable.</exception>
    public static byte[] ReadAll(string path)
    {
        RejectDirectory(path);
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, failure);
        }
    }

    /// <summary>The contents as a stream, decompressed where the name ends with .gz.</summary>
    /// <exception cref="DataException">No such file, a directory, or not readable.</exception>
    public static Stream Open(string path)
    {
        RejectDirectory(path);
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, failure);
        }
    }

    /// <summary>SHA-256 of the file as it is.</summary>
    /// <exception cref="DataException">No such file, a directory, or not readable.</exception>
    public static byte[] Hash(string path)
    {
        RejectDirectory(path);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
            return SHA256.HashData(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, failure);
        }
    }

    /// <summary>The encoding of text that is not of one byte a character, or null; <paramref name="line"/> is where it shows, from 1.</summary>
    public static string? WideEncoding(ReadOnlySpan<byte> bytes, out int line)
    {
        line = 1;
        switch (bytes)
        {
            case [0xEF, 0xBB, 0xBF, ..]:
                return "UTF-8 with a byte order mark";
            case [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..]:
                return "UTF-16";
        }

        var zero = bytes.IndexOf((byte)0);
        if (zero < 0)
        {
            return null;
        }

        line += bytes[..zero].Count((byte)'\n');
        return "UTF-16 or binary";
    }

    /// <summary>A field as it can be shown in a message: short and printable.</summary>
    public static string Quote(ReadOnlySpan<byte> field)
    {
        const int MaximumLength = 40;
        var text = Encoding.Latin1.GetString(field.Length > MaximumLength ? field[..MaximumLength] : field);
        return string.Concat(text.Select(character => char.IsControl(character) ? '?' : character));
    }

    private static void RejectDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            throw new DataException($"{path} is a directory, but a file is expected there.");
        }
    }

    private static DataException Unreadable(string path, Exception failure) => new(
        failure is FileNotFoundException or DirectoryNotFoundException ? $"{path} does not exist." : $"{path} cannot be read: {failure.Message}");
}
