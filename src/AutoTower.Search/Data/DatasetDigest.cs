using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AutoTower.Search.Data;

/// <summary>Tells data sets apart by their contents, so that a run does not go on with other data than it began with.</summary>
public static class DatasetDigest
{
    /// <summary>SHA-256 over interactions, weights and feature values, in hexadecimal.</summary>
    public static string Of(Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var log = dataset.Interactions;
        Append(log.Users);
        Append(log.Items);
        Append(log.Offsets);
        hash.AppendData(MemoryMarshal.AsBytes(log.Weights.AsSpan()));
        foreach (var field in dataset.Users.Fields.Concat(dataset.Items.Fields))
        {
            Append(field.Values);
            if (field.IsMultiValued)
            {
                Append(field.Offsets);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Append(ReadOnlySpan<int> values) => hash.AppendData(MemoryMarshal.AsBytes(values));
    }
}
