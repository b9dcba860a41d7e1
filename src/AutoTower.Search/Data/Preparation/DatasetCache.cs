using System.Security.Cryptography;
using System.Text;
using AutoTower.Kernels.Caching;
using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Data.Preparation;

/// <summary>
/// Prepared data sets on disk. An entry's key is a hash over the contents of the raw files and all settings, so a changed file has another
/// entry; the key stands inside too, so that a file under another's name counts as missing.
/// </summary>
internal sealed class DatasetCache(string directory, Action<string>? warning)
{
    // Changes with DatasetFormat and with everything that readers make of the same files.
    private const string Magic = "ATDATA1\n";
    private readonly EntryCache _entries = new(directory, Magic, "data", "data are prepared at every start", warning);

    /// <summary>The prepared form, from the cache where it is there, else made and put there.</summary>
    /// <exception cref="DataException">A raw file is missing or malformed.</exception>
    public Dataset Get(RawData raw)
    {
        var key = Key(raw);
        var entry = Convert.ToHexStringLower(key) + ".data";
        if (_entries.TryRead(entry) is { } image && image.AsSpan().StartsWith(key))
        {
            return DatasetFormat.Read(image.AsSpan(key.Length));
        }

        var dataset = raw.Read();
        _entries.Write(entry, [.. key, .. DatasetFormat.Write(dataset)]);
        return dataset;
    }

    private static byte[] Key(RawData raw)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(raw.Settings)));
        foreach (var file in raw.Files)
        {
            hash.AppendData(SourceFile.Hash(file));
        }

        return hash.GetHashAndReset();
    }
}
