using System.Globalization;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Data;

namespace AutoTower.Search.Checkpoints;

/// <summary>
/// The checkpoints of one run: numbered files, each written whole or not at all and carrying the run's configuration; the last two are kept.
/// </summary>
/// <param name="path">The folder; made with the first checkpoint.</param>
/// <param name="configuration">What determines the result; a checkpoint with another one is foreign.</param>
public sealed class CheckpointFolder(string path, string configuration)
{
    private const int Kept = 2;
    private const string Prefix = "checkpoint-";
    private const string Extension = ".bin";
    private const string ConfigurationEntry = "configuration";

    /// <summary>Writes the next checkpoint, then removes all but the last two.</summary>
    /// <exception cref="IOException">It could not be written; earlier ones are untouched.</exception>
    public void Write(Action<CheckpointWriter> save)
    {
        ArgumentNullException.ThrowIfNull(save);
        Directory.CreateDirectory(path);
        var files = Files();
        var number = files.Count == 0 ? 1 : files[0].Number + 1;
        var file = Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:D8}{Extension}"));
        AtomicFile.Write(file, stream => CheckpointWriter.Write(stream, writer =>
        {
            writer.Write(ConfigurationEntry, configuration);
            save(writer);
        }));
        foreach (var (old, _) in files.Skip(Kept - 1))
        {
            File.Delete(old);
        }
    }

    /// <summary>The newest checkpoint that is whole and belongs to this run, or null where there is none.</summary>
    /// <param name="warn">Told in one sentence about each that is passed over.</param>
    public CheckpointReader? OpenNewest(Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(warn);
        foreach (var (file, _) in Files())
        {
            try
            {
                var reader = CheckpointReader.Open(file);
                if (reader.Text(ConfigurationEntry) == configuration)
                {
                    return reader;
                }

                reader.Dispose();
                throw new DataException($"{file} belongs to a run with another configuration or other data.");
            }
            catch (DataException failure)
            {
                // Out of the way, so that the numbers of good checkpoints decide what is kept.
                File.Move(file, file + ".rejected", overwrite: true);
                warn($"{failure.Message} It was set aside as {Path.GetFileName(file)}.rejected, and the one before it is used.");
            }
        }

        return null;
    }

    private List<(string Path, long Number)> Files()
    {
        var files = new List<(string Path, long Number)>();
        if (Directory.Exists(path))
        {
            foreach (var file in Directory.EnumerateFiles(path, Prefix + "*" + Extension))
            {
                if (long.TryParse(Path.GetFileNameWithoutExtension(file)[Prefix.Length..], CultureInfo.InvariantCulture, out var number))
                {
                    files.Add((file, number));
                }
            }
        }

        return [.. files.OrderByDescending(file => file.Number)];
    }
}
