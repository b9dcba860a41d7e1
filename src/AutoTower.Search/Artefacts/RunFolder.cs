using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace AutoTower.Search.Artefacts;

/// <summary>
/// What a run leaves behind: <c>config.json</c>, <c>metrics.jsonl</c> (a JSON object a line, flushed as it is written),
/// <c>architecture.txt</c>, <c>report.json</c>, <c>weights.safetensors</c>.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private readonly FileStream _metrics;

    /// <summary>Creates the folder.</summary>
    /// <param name="path">The folder; it may exist, but must not hold a run.</param>
    /// <exception cref="IOException">One sentence that names the folder and what is wrong with it.</exception>
    public RunFolder(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = System.IO.Path.GetFullPath(path);
        if (File.Exists(Path))
        {
            throw new IOException($"The run folder {path} is a file; give a folder that is new or empty.");
        }

        try
        {
            Directory.CreateDirectory(Path);
            _metrics = new FileStream(PathOf("metrics.jsonl"), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        }
        catch (IOException) when (File.Exists(PathOf("metrics.jsonl")))
        {
            throw new IOException($"The run folder {path} already holds a run; give a folder that is new or empty.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The run folder {path} can't be written: {failure.Message}", failure);
        }
    }

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    /// <summary>The folder of a run that was given none: <c>runs/2026-01-31T12-00-00-search-ml-100k-seed1</c>, numbered where taken.</summary>
    public static string DefaultPath(string command, string data, ulong seed)
    {
        var time = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH-mm-ss", CultureInfo.InvariantCulture);
        var path = System.IO.Path.Combine("runs", $"{time}-{command}-{data}-seed{seed}");
        var free = path;
        for (var number = 2; Directory.Exists(free); number++)
        {
            free = $"{path}-{number}";
        }

        return free;
    }

    /// <summary>Path of a file in the folder.</summary>
    public string PathOf(string file) => System.IO.Path.Combine(Path, file);

    /// <summary>Appends a record to <c>metrics.jsonl</c>; <paramref name="write"/> writes the properties of one object.</summary>
    public void AppendRecord(Action<Utf8JsonWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        _metrics.Write(buffer.WrittenSpan);
        _metrics.Flush();
    }

    /// <summary>Writes a JSON document, whole or not at all.</summary>
    public void WriteJson(string file, Action<Utf8JsonWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        AtomicFile.Write(PathOf(file), stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            write(json);
        });
    }

    /// <summary>Writes a text file, whole or not at all.</summary>
    public void WriteText(string file, string text) => AtomicFile.Write(PathOf(file), stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        writer.WriteLine(text);
    });

    /// <inheritdoc/>
    public void Dispose() => _metrics.Dispose();
}
