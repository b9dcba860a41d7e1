using System.CommandLine;
using System.Diagnostics;
using AutoTower.Autograd.Devices;
using AutoTower.Cli.Benchmarks;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Benchmarks;
using AutoTower.Search.Cost;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;
using Spectre.Console;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower bench</c>: macro-benchmarks of supernet training, candidate evaluation, training from scratch and the whole search.</summary>
internal static class BenchCommand
{
    private const int DefaultRepetitions = 5;
    private static readonly string[] Names = ["supernet", "candidates", "fixed", "search"];

    public static Command Create(TextWriter output, TextWriter error)
    {
        var what = new Option<string[]>("--what")
        {
            Description = $"What to measure: {string.Join(", ", Names)}.",
            DefaultValueFactory = _ => ["supernet", "candidates", "fixed"],
            AllowMultipleArgumentsPerToken = true,
        };
        var architecture = new Option<string>("--architecture")
        {
            Description = "The architecture of 'fixed'.",
            DefaultValueFactory = _ => "pooling=self-attention; user=sa-3,ew-ip,mlp-128; item=mlp-512,mlp-64,sa-2",
        };
        var repetitions = NumberOption.OptionalPositive(
            "--repeat", $"Repetitions of each measurement, whose medians are reported ({DefaultRepetitions}; search: 1).");
        var benchSteps = NumberOption.Positive("--bench-steps", "Training steps of a repetition.", 1000);
        var candidates = NumberOption.Positive("--candidates", "Candidates of a repetition.", 20);
        var report = new BenchOutput();
        var data = new DataOptions();
        var search = new SearchOptionSet();
        var training = new TrainingOptionSet();
        var devices = new DeviceOptions();
        var command = new Command("bench", "Measures supernet training, candidate evaluation, training from scratch and the whole search.")
        {
            what, architecture, repetitions, benchSteps, candidates,
        };
        command.Subcommands.Add(GrowthCommand.Create(output, error));
        report.AddTo(command);
        data.AddTo(command);
        search.AddTo(command);
        training.AddTo(command);
        devices.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var wanted = parsed.GetValue(what)!;
            if (wanted.Except(Names).FirstOrDefault() is { } unknown)
            {
                throw new ArgumentException($"--what takes {string.Join(", ", Names)}, not '{unknown}'.");
            }

            var chosen = Architecture.Parse(parsed.GetValue(architecture)!);
            var settings = search.Read(
                parsed, data.Seed(parsed), CostConvention.Paper, training.Training(parsed), training.Retraining(parsed));
            var watch = Stopwatch.StartNew();
            var dataset = data.Load(parsed, error);
            var dataTime = watch.Elapsed;
            using var device = devices.Create(parsed);
            watch.Restart();
            using var experiment = new Experiment(device, dataset, data.Split(parsed), training.EmbeddingDimension(parsed), data.Seed(parsed));
            var setUpTime = watch.Elapsed;
            var benchmarks = new MacroBenchmarks(experiment, settings);
            var timings = new List<Timing>();
            foreach (var name in wanted)
            {
                var repeat = parsed.GetValue(repetitions) ?? (name == "search" ? 1 : DefaultRepetitions);
                IReadOnlyList<Timing> measured = name switch
                {
                    "supernet" => [benchmarks.SupernetSteps(parsed.GetValue(benchSteps), repeat)],
                    "candidates" => [benchmarks.Candidates(parsed.GetValue(candidates), repeat)],
                    "fixed" => [benchmarks.FixedSteps(chosen, parsed.GetValue(benchSteps), repeat)],
                    _ => WholeSearch(benchmarks, repeat, error, cancellation),
                };
                timings.AddRange(measured);
                error.WriteLine($"{measured[0].Name}: {measured[0].MillisecondsAUnit:F4} ms, {measured[0].UnitsASecond:F1} a second");
            }

            var memory = MemoryUse.Of(device);
            report.Write(parsed, output, device.Description, Table(device, dataset.Name, timings, (dataTime, setUpTime), memory), json =>
            {
                json.WriteString("data", dataset.Name);
                json.WriteNumber("users", dataset.Users.Count - 1);
                json.WriteNumber("items", dataset.Items.Count - 1);
                json.WriteNumber("interactions", dataset.Interactions.Count);
                json.WriteNumber("history", dataset.HistoryLength);
                json.WriteNumber("data_seconds", Math.Round(dataTime.TotalSeconds, 3));
                json.WriteNumber("set_up_seconds", Math.Round(setUpTime.TotalSeconds, 3));
                memory.WriteJson(json);
                json.WriteStartArray("results");
                timings.ForEach(timing => timing.WriteJson(json));
                json.WriteEndArray();
            });
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    private static IReadOnlyList<Timing> WholeSearch(MacroBenchmarks benchmarks, int repetitions, TextWriter error, CancellationToken cancellation)
    {
        var (timings, report) = benchmarks.WholeSearch(repetitions, new PlainObserver(error), cancellation);
        error.WriteLine(
            $"last search: supernet {report.SupernetTime.TotalSeconds:F1} s, evolution {report.EvolutionTime.TotalSeconds:F1} s over "
            + $"{report.CandidatesEvaluated} candidates, retraining {report.RetrainingTime.TotalSeconds:F1} s; {report.Trained[0].Architecture}");
        return timings;
    }

    private static Table Table(
        Device device, string dataset, List<Timing> timings, (TimeSpan Data, TimeSpan SetUp) before, MemoryUse memory)
    {
        var table = Tables.Create($"{device.Description}, {dataset}", "work", "ms (p20)", "ms (median)", "ms (p80)", "a second");
        foreach (var timing in timings)
        {
            table.Row(
                timing.Name,
                $"{timing.Percentile(20) / timing.UnitsARepetition:F4}",
                $"{timing.MillisecondsAUnit:F4}",
                $"{timing.Percentile(80) / timing.UnitsARepetition:F4}",
                $"{timing.UnitsASecond:F1}");
        }

        table.Caption = new TableTitle(
            $"data {before.Data.TotalSeconds:F1} s, set-up {before.SetUp.TotalSeconds:F1} s; "
            + $"device memory at most {BenchOutput.MiB(memory.DevicePeak)} MiB, host memory at most {BenchOutput.MiB(memory.HostPeak)} MiB");
        return table;
    }
}
