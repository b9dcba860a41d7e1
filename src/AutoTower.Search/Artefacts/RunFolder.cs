using System.Buffers;
using System.Globalization;
using System.Text.Json;
using AutoTower.Search.Checkpoints;

namespace AutoTower.Search.Artefacts;

/// <summary>
/// What a run leaves behind: <c>config.json</c>, <c>metrics.jsonl</c> (a JSON object a line, flushed as it is written),
/// <c>architecture.txt</c>, <c>report.json</c>, <c>weights.safetensors</c>, <c>checkpoints/</c>. One process at a time writes to it.
/// </summary>
public sealed class RunFolder : ICheckpointed, IDisposable
{
    private const string MetricsFile = "metrics.jsonl";
    private readonly FolderLock _lock;
    private readonly FileStream _metrics;

    /// <summary>Creates the folder of a new run.</summary>
    /// <param name="path">The folder; it may exist, but must not hold a run.</param>
    /// <exception cref="IOException">One sentence that names the folder and what is wrong with it.</exception>
    public RunFolder(string path)
        : this(path, isNew: true)
    {
    }

    private RunFolder(string path, bool isNew)
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
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(path, failure);
        }

        _lock = new FolderLock(path);
        try
        {
            if (isNew && File.Exists(PathOf(ConfigurationFile)))
            {
                throw new IOException($"The run folder {path} already holds a run; give a folder that is new or empty, or go on with --resume.");
            }

            _metrics = OpenMetrics(path);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>The file with the options of the run; a folder that has it holds a run.</summary>
    public const string ConfigurationFile = "config.json";

    /// <summary>Opens the folder of a run that is to go on.</summary>
    /// <exception cref="IOException">There is no run in it, another process works on it, or it can't be written; one sentence.</exception>
    public static RunFolder Reopen(string path) => File.Exists(System.IO.Path.Combine(path, ConfigurationFile))
        ? new RunFolder(path, isNew: false)
        : throw new IOException($"There is no run in {path} to go on with: it has no {ConfigurationFile}.");

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
    public void Save(CheckpointWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _metrics.Flush(flushToDisk: true);
        writer.Write("metrics length", _metrics.Length);
    }

    /// <summary>Cuts off the records that are younger than the checkpoint; they will be written again.</summary>
    public void Restore(CheckpointReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        _metrics.SetLength(Math.Min(_metrics.Length, reader.Integer("metrics length")));
        _metrics.Seek(0, SeekOrigin.End);
    }

    /// <summary>Removes all records, for a run that starts again from its beginning.</summary>
    public void Clear() => _metrics.SetLength(0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _metrics.Dispose();
        _lock.Dispose();
    }

    private FileStream OpenMetrics(string path)
    {
        try
        {
            var metrics = new FileStream(PathOf(MetricsFile), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
            metrics.Seek(0, SeekOrigin.End);
            return metrics;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(path, failure);
        }
    }

    private static IOException Unwritable(string path, Exception failure) =>
        new($"The run folder {path} can't be written: {failure.Message}", failure);
}
