using System.Collections.Concurrent;
using System.CommandLine;
using System.Reflection;
using AutoTower.Autograd.Devices;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Cli.Reproduction;
using AutoTower.Report;
using AutoTower.Search.Data;
using AutoTower.Search.Reproduction;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower reproduce</c>: the paper's tables and figures run again, its numbers beside ours.</summary>
internal static class ReproduceCommand
{
    /// <param name="output">Results.</param>
    /// <param name="error">Progress.</param>
    /// <param name="commands">The commands that are run: <c>search</c> and <c>train</c>.</param>
    public static Command Create(TextWriter output, TextWriter error, IReadOnlyList<Command> commands)
    {
        var name = new Argument<string>("table") { Description = $"One of {string.Join(", ", TableCatalog.Tables.Select(table => table.Name))}." };
        var data = new Option<string?>("--data") { Description = "Data sets with commas between them; by default those that the paper shows." };
        var seeds = NumberOption.Positive("--seeds", "Runs of each cell, with seeds 1, 2, ....", 5);
        var jobs = NumberOption.Positive("--jobs", "Seeds that run at once on the one device; --threads holds for each.", 1);
        var folder = new Option<string>("--out")
        {
            Description = "Folder of the results; each cell is a run folder in it.",
            DefaultValueFactory = _ => "reproduction",
        };
        var resume = new Option<bool>("--resume") { Description = "Go on in a folder with results: finished cells are not run again." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document and nothing else." };
        var device = new DeviceOptions();
        var command = new Command(
            "reproduce", "Runs a table or figure of the paper on the data sets at hand and prints its numbers beside ours.")
        {
            name, data, seeds, jobs, folder, resume, json,
        };
        string[] own = [.. command.Options.Select(option => option.Name)];
        device.AddTo(command);
        GivenOptions.AddTo(command, commands);
        name.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && TableCatalog.Tables.All(table => table.Name != token.Value))
            {
                result.AddError($"There is no '{token.Value}' to reproduce; there are {string.Join(", ", TableCatalog.Tables.Select(table => table.Name))}.");
            }
        });
        command.SetAction(async (parsed, _) =>
        {
            var plan = TableCatalog.Tables.First(table => table.Name == parsed.GetValue(name));
            var given = new GivenOptions(parsed, own, commands);
            var path = Path.GetFullPath(parsed.GetValue(folder)!);
            var (sets, leftOut) = AtHand(parsed.GetValue(data)?.Split(',', StringSplitOptions.TrimEntries) ?? [.. plan.Data], parsed.GetValue<string?>("--data-dir"));
            if (sets.Count == 0)
            {
                throw new DataException($"No data set of {plan.Name} is there: {string.Join(" ", leftOut.Select(entry => entry.Reason))}");
            }

            Claim(path, given.Identity, parsed.GetValue(resume));
            using var shared = device.Create(parsed);
            var methods = plan.Methods(sets);
            var all = await RunSeeds(
                new SeedRunner(new CellRunner(path, given, TextWriter.Synchronized(error)), sets, methods),
                parsed.GetValue(seeds),
                parsed.GetValue(jobs),
                shared,
                () => device.Open(parsed));
            if (all.Select(seed => seed.Stopped).FirstOrDefault(code => code is not null) is { } stopped)
            {
                await error.WriteLineAsync("autotower: stopped; the same command with --resume goes on.");
                return stopped;
            }

            var runs = all.SelectMany(seed => seed.Finished).ToLookup(cell => (cell.Data, cell.Method), cell => cell.Result);
            var failed = all.SelectMany(seed => seed.Failed).ToList();
            leftOut.AddRange(failed);
            var table = new ReproducedTable(
                plan.Name,
                plan.Title,
                [
                    .. from set in sets
                       from method in methods
                       select new ReproducedRow(
                           set,
                           method.Name,
                           method.Label,
                           method.Scenario,
                           method.IsBaseline,
                           method.X,
                           method.Printed(set),
                           [.. runs[(set, method.Name)]]),
                ],
                leftOut)
            {
                Axis = plan.Axis,
            };
            Write(table, path, shared.Description, given.Identity, parsed.GetValue(json), output);
            return failed.Count > 0 ? ExitCode.Failure : ExitCode.Success;
        });
        return command;
    }

    // Seeds in order, some at a time, each of these on a device of its own: the first on the one that is there, others on those that `open` gives.
    private static async Task<SeedRuns[]> RunSeeds(SeedRunner runner, int seeds, int jobs, Device first, Func<Device> open)
    {
        var results = new SeedRuns[seeds];
        var idle = new ConcurrentBag<Device> { first };
        try
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, seeds), new ParallelOptions { MaxDegreeOfParallelism = jobs }, async (index, _) =>
            {
                var device = idle.TryTake(out var free) ? free : open();
                try
                {
                    var isStopped = Array.Exists(results, seed => seed?.Stopped is not null);
                    results[index] = isStopped ? new SeedRuns() : await runner.Run(device, (ulong)index + 1);
                }
                finally
                {
                    idle.Add(device);
                }
            });
            return results;
        }
        finally
        {
            foreach (var device in idle.Where(device => device != first))
            {
                device.Dispose();
            }
        }
    }

    private static (List<string> Sets, List<(string What, string Reason)> LeftOut) AtHand(IEnumerable<string> names, string? directory)
    {
        var sets = new List<string>();
        var leftOut = new List<(string, string)>();
        foreach (var name in names.Select(DatasetPresets.Resolve))
        {
            try
            {
                if (name != "synthetic")
                {
                    DatasetPresets.Load(name, directory);
                }

                sets.Add(name);
            }
            catch (DataException missing)
            {
                leftOut.Add((name, missing.Message));
            }
        }

        return (sets, leftOut);
    }

    // Cells that were run with other options must not be taken for these.
    private static void Claim(string folder, string identity, bool isResumed)
    {
        var settings = Path.Combine(folder, "options.txt");
        if (File.Exists(settings))
        {
            if (!isResumed)
            {
                throw new UsageException($"{folder} already holds results; go on with --resume, or give another --out.");
            }

            if (File.ReadAllText(settings).Trim() is var before && before != identity)
            {
                throw new UsageException($"The runs in {folder} were made with '{before}', not with '{identity}'; give the same options or another --out.");
            }
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(settings, identity + Environment.NewLine);
    }

    private static void Write(ReproducedTable table, string folder, string device, string options, bool asJson, TextWriter output)
    {
        var markdown = new StringWriter();
        ReproducedTableMarkdown.Write(markdown, table);
        markdown.WriteLine();
        var version = typeof(ReproduceCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        var seconds = table.Rows.SelectMany(row => row.Runs).Sum(run => run.Seconds ?? 0);
        markdown.WriteLine(
            $"autotower {version}, `reproduce {table.Name}{(options.Length > 0 ? " " + options : string.Empty)}` on {device}; the runs took "
            + $"{ProgressText.Duration(TimeSpan.FromSeconds(seconds))} of work.");
        File.WriteAllText(Path.Combine(folder, $"{table.Name}.md"), markdown.ToString());
        using (var document = new StringWriter())
        {
            JsonOutput.Write(document, writer => ReproducedTableJson.Write(writer, table));
            File.WriteAllText(Path.Combine(folder, $"{table.Name}.json"), document.ToString());
            output.Write(asJson ? document.ToString() : markdown.ToString());
        }

        FigureFiles.WriteSvg(Path.Combine(folder, "figures"), ReproductionFigures.Of(table));
    }
}
