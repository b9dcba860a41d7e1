using System.CommandLine;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using AutoTower.Autograd.Devices;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Benchmarks;
using AutoTower.Search.Cost;
using AutoTower.Search.Pipeline;
using AutoTower.Search.Space;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower bench</c>: macro-benchmarks of supernet training, candidate evaluation, training from scratch and the whole search.</summary>
internal static class BenchCommand
{
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
        var repetitions = NumberOption.Positive("--repeat", "Repetitions of each measurement; medians are reported.", 5);
        var benchSteps = NumberOption.Positive("--bench-steps", "Training steps of a repetition.", 1000);
        var candidates = NumberOption.Positive("--candidates", "Candidates of a repetition.", 20);
        var file = new Option<string?>("--json-file") { Description = "File that the JSON document is written to as well." };
        var data = new DataOptions();
        var search = new SearchOptionSet();
        var training = new TrainingOptionSet();
        var devices = new DeviceOptions();
        var json = new Option<bool>("--json") { Description = "Print one JSON document on standard output and nothing else there." };
        var command = new Command("bench", "Measures supernet training, candidate evaluation, training from scratch and the whole search.")
        {
            what, architecture, repetitions, benchSteps, candidates, file, json,
        };
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
            var dataset = data.Load(parsed, error);
            using var device = devices.Create(parsed);
            using var experiment = new Experiment(device, dataset, data.Split(parsed), training.EmbeddingDimension(parsed), data.Seed(parsed));
            var benchmarks = new MacroBenchmarks(experiment, settings);
            var timings = new List<Timing>();
            foreach (var name in wanted)
            {
                var repeat = parsed.GetValue(repetitions);
                var timing = name switch
                {
                    "supernet" => benchmarks.SupernetSteps(parsed.GetValue(benchSteps), repeat),
                    "candidates" => benchmarks.Candidates(parsed.GetValue(candidates), repeat),
                    "fixed" => benchmarks.FixedSteps(chosen, parsed.GetValue(benchSteps), repeat),
                    _ => WholeSearch(experiment, settings, error, cancellation),
                };
                timings.Add(timing);
                error.WriteLine($"{timing.Name}: {timing.MillisecondsAUnit:F4} ms, {timing.UnitsASecond:F1} a second");
            }

            Report(parsed, output, device, dataset.Name, timings, parsed.GetValue(json), parsed.GetValue(file));
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    private static Timing WholeSearch(Experiment experiment, SearchSettings settings, TextWriter error, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        using var pipeline = new SearchPipeline(experiment, settings, new PlainObserver(error));
        var report = pipeline.Run(null, cancellation);
        error.WriteLine(
            $"whole search: supernet {report.SupernetTime.TotalSeconds:F1} s, evolution {report.EvolutionTime.TotalSeconds:F1} s over "
            + $"{report.CandidatesEvaluated} candidates, retraining {report.RetrainingTime.TotalSeconds:F1} s; {report.Trained[0].Architecture}");
        return new Timing("whole search", "search", 1, [watch.Elapsed.TotalMilliseconds]);
    }

    private static void Report(
        ParseResult parsed, TextWriter output, Device device, string dataset, IReadOnlyList<Timing> timings, bool asJson, string? file)
    {
        if (file is not null)
        {
            using var writer = new StreamWriter(file);
            JsonOutput.Write(writer, Write);
        }

        if (asJson)
        {
            JsonOutput.Write(output, Write);
            return;
        }

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

        Tables.Write(output, table);

        void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteString("device", device.Description);
            json.WriteString("commit", Commit());
            json.WriteString("command", $"autotower {string.Join(' ', parsed.Tokens.Select(token => token.Value.Contains(' ', StringComparison.Ordinal) ? $"\"{token.Value}\"" : token.Value))}");
            json.WriteString("data", dataset);
            json.WriteStartArray("results");
            foreach (var timing in timings)
            {
                timing.WriteJson(json);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    // The build records the commit behind the version, as in 0.1.0+a9b06fd.
    private static string Commit() =>
        typeof(BenchCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
