using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using AutoTower.Search.Data;

namespace AutoTower.Search.Artefacts;

/// <summary>
/// NumPy's <c>.npy</c> format, version 1.0, for a float32 matrix in C order: magic and version, two bytes with the header's length, a
/// Python dictionary with type, order and shape, the values, little-endian. <c>numpy.load(path, mmap_mode="r")</c> maps it.
/// </summary>
public static partial class NpyFile
{
    private const int Alignment = 64;
    private const int PrefixLength = 10;
    private const int ValuesAWrite = 1 << 20;

    private static ReadOnlySpan<byte> Prefix => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];

    /// <summary>Writes a matrix (rows, columns), whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="values">Row-major, rows x columns.</param>
    /// <exception cref="ArgumentException">The values do not fill the shape.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static void Write(string path, int rows, int columns, ReadOnlyMemory<float> values)
    {
        if (values.Length != (long)rows * columns)
        {
            throw new ArgumentException($"{values.Length} values do not fill {rows} rows of {columns}.", nameof(values));
        }

        var header = Header(rows, columns);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            for (var first = 0; first < values.Length; first += ValuesAWrite)
            {
                stream.Write(MemoryMarshal.AsBytes(values.Span[first..Math.Min(values.Length, first + ValuesAWrite)]));
            }
        });
    }

    /// <summary>Reads a float32 matrix in C order.</summary>
    /// <exception cref="DataException">The file is missing, damaged, or holds something else; one sentence says what.</exception>
    public static (int Rows, int Columns, float[] Values) Read(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            Span<byte> prefix = stackalloc byte[PrefixLength];
            stream.ReadExactly(prefix);
            if (!prefix.StartsWith(Prefix))
            {
                throw new DataException($"{path} is no .npy file of version 1.0.");
            }

            var header = new byte[prefix[8] | (prefix[9] << 8)];
            stream.ReadExactly(header);
            var match = MatrixHeader().Match(Encoding.Latin1.GetString(header));
            if (!match.Success)
            {
                throw new DataException($"{path} holds no float32 matrix in C order: its header is {Encoding.Latin1.GetString(header).Trim()}.");
            }

            var rows = int.Parse(match.Groups["rows"].ValueSpan, CultureInfo.InvariantCulture);
            var columns = int.Parse(match.Groups["columns"].ValueSpan, CultureInfo.InvariantCulture);
            if (stream.Length - stream.Position != (long)rows * columns * sizeof(float))
            {
                throw new DataException($"{path} was cut or has bytes too many: its values do not fill {rows} rows of {columns}.");
            }

            var values = new float[(long)rows * columns];
            for (var first = 0; first < values.Length; first += ValuesAWrite)
            {
                stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan(first, Math.Min(values.Length - first, ValuesAWrite))));
            }

            return (rows, columns, values);
        }
        catch (EndOfStreamException)
        {
            throw new DataException($"{path} is no .npy file, or it was cut within its header.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or OverflowException)
        {
            throw new DataException($"{path} can't be read: {failure.Message}");
        }
    }

    private static byte[] Header(int rows, int columns)
    {
        var text = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}";
        // Spaces pad the header, so that the values start at a multiple of 64 bytes; a newline ends it.
        var length = (PrefixLength + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        var header = new byte[length];
        header.AsSpan().Fill((byte)' ');
        Prefix.CopyTo(header);
        header[8] = (byte)(length - PrefixLength);
        header[9] = (byte)((length - PrefixLength) >> 8);
        Encoding.ASCII.GetBytes(text, header.AsSpan(PrefixLength));
        header[^1] = (byte)'\n';
        return header;
    }

    [GeneratedRegex(@"'descr':\s*'<f4'.*'fortran_order':\s*False.*'shape':\s*\((?<rows>\d+),\s*(?<columns>\d+),?\s*\)")]
    private static partial Regex MatrixHeader();
}
