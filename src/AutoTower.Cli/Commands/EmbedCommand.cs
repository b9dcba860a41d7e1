using System.CommandLine;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Artefacts;
using AutoTower.Search.Retrieval;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower embed</c>: the vectors of all users and items of a run as .npy or Parquet files, for any index.</summary>
internal static class EmbedCommand
{
    public static Command Create(TextWriter output)
    {
        var run = new TrainedRunOptions();
        var files = new Option<string[]>("--out")
        {
            Description = "Two files: user vectors and item vectors. The ids of their rows go beside them, as users.ids.txt beside users.npy; "
                + "files that end in .parquet hold ids and vectors.",
            Arity = new ArgumentArity(2, 2),
            AllowMultipleArgumentsPerToken = true,
            Required = true,
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON document and nothing else." };
        var command = new Command("embed", "Writes the vectors of all users and items of a run as .npy or .parquet files.");
        run.AddTo(command);
        command.Options.Add(files);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            using var device = run.CreateDevice(parsed);
            using var trained = run.Open(parsed, device);
            var model = trained.Model;
            var dataset = model.Data.Dataset;
            using var items = TowerVectors.Items(model);
            var paths = parsed.GetValue(files)!;
            // A user has a row for each of its vectors.
            string[] userIds = [.. dataset.UserKeys.Skip(1).SelectMany(id => Enumerable.Repeat(id, model.Interests))];
            var users = Write(paths[0], TowerVectors.Users(model, TowerVectors.AllUsers(dataset)), model.OutputWidth, userIds);
            var stored = Write(paths[1], items.DownloadToHost(), model.OutputWidth, [.. dataset.ItemKeys.Skip(1)]);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(output, writer =>
                {
                    writer.WriteStartObject();
                    WriteFile("users", users);
                    WriteFile("items", stored);
                    writer.WriteNumber("width", model.OutputWidth);
                    writer.WriteEndObject();

                    void WriteFile(string name, VectorFile file)
                    {
                        writer.WriteStartObject(name);
                        writer.WriteString("vectors", file.Path);
                        writer.WriteString("ids", file.Ids);
                        writer.WriteNumber("rows", file.Rows);
                        writer.WriteEndObject();
                    }
                });
                return;
            }

            output.WriteLine($"{users.Rows:N0} user vectors of {model.OutputWidth}: {users.Path}, ids in {users.Ids}");
            output.WriteLine($"{stored.Rows:N0} item vectors of {model.OutputWidth}: {stored.Path}, ids in {stored.Ids}");
        });
        return command;
    }

    private static VectorFile Write(string path, float[] vectors, int width, string[] keys)
    {
        var rows = vectors.Length / width;
        if (Path.GetExtension(path) == ".parquet")
        {
            ParquetFile.Write(path, keys, width, vectors);
            return new VectorFile(path, path, rows);
        }

        NpyFile.Write(path, rows, width, vectors);
        var ids = Path.ChangeExtension(path, ".ids.txt");
        File.WriteAllLines(ids, keys);
        return new VectorFile(path, ids, rows);
    }

    private sealed record VectorFile(string Path, string Ids, int Rows);
}
