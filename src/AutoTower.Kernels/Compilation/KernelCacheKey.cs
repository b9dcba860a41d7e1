using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace AutoTower.Kernels.Compilation;

/// <summary>Names a compiled source by everything that decides what the compiler makes of it.</summary>
internal static class KernelCacheKey
{
    /// <summary>SHA-256 over source, headers, options (the architecture is one of them) and the compiler's version, as hexadecimal digits.</summary>
    internal static string Of(KernelSource source, CompilationOptions options, string compilerVersion)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, compilerVersion);
        AppendAll(hash, options.ToArguments());
        Append(hash, source.Name);
        Append(hash, source.Text);
        AppendAll(hash, source.Headers.OrderBy(header => header.Key, StringComparer.Ordinal)
            .SelectMany(header => (string[])[header.Key, header.Value]));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void AppendAll(IncrementalHash hash, IEnumerable<string> values)
    {
        foreach (string value in values)
        {
            Append(hash, value);
        }
        AppendLength(hash, -1);
    }

    // The length goes first: otherwise text could move from one field to the next without changing the key.
    private static void Append(IncrementalHash hash, string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        AppendLength(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void AppendLength(IncrementalHash hash, int length)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        hash.AppendData(bytes);
    }
}
