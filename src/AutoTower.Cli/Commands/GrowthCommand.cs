using System.CommandLine;
using AutoTower.Cli.Benchmarks;
using AutoTower.Cli.Options;
using AutoTower.Cli.Output;
using AutoTower.Search.Benchmarks.Growth;

namespace AutoTower.Cli.Commands;

/// <summary><c>autotower bench growth</c>: how supernet training grows with batch, history, towers and items, one at a time around one shape.</summary>
internal static class GrowthCommand
{
    private static readonly string Names = string.Join(',', GrowthSeries.All.Select(series => series.Name));

    public static Command Create(TextWriter output, TextWriter error)
    {
        var shape = new GrowthShapeOptions();
        var series = new Option<string>("--series")
        {
            Description = $"What grows: names of {Names} with commas between them.",
            DefaultValueFactory = _ => Names,
        };
        series.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && Parts(token.Value).FirstOrDefault(part => GrowthSeries.All.All(known => known.Name != part)) is { } wrong)
            {
                result.AddError($"--series takes names of {Names} with commas between them, not '{wrong}'.");
            }
        });
        var most = GrowthSeries.All.ToDictionary(
            each => each.Name, each => NumberOption.Positive($"--most-{each.Name}", $"Leave out larger values of the series {each.Name}.", each.Values[^1]));
        var repetitions = NumberOption.Positive("--repeat", "Repetitions of each measurement, whose medians are reported.", 5);
        var steps = NumberOption.Positive("--bench-steps", "Training steps of a repetition.", 200);
        var warmUp = NumberOption.Positive("--warm-up", "Training steps before the first repetition.", 100);
        var seed = NumberOption.Seed("--seed", "Seed of split, weights and paths.");
        var report = new BenchOutput();
        var training = new TrainingOptionSet();
        var devices = new DeviceOptions();
        var command = new Command("growth", "Measures how supernet training grows with batch, history, towers and items, on synthetic data of ML-1M's size.")
        {
            series, repetitions, steps, warmUp, seed,
        };
        foreach (var limit in most.Values)
        {
            command.Options.Add(limit);
        }

        shape.AddTo(command);
        report.AddTo(command);
        training.AddTo(command);
        devices.AddTo(command);
        command.SetAction(parsed =>
        {
            string description;
            using (var device = devices.Create(parsed))
            {
                description = device.Description;
            }

            var benchmark = new GrowthBenchmark
            {
                OpenDevice = () => devices.Open(parsed),
                Training = training.Training(parsed),
                EmbeddingDimension = training.EmbeddingDimension(parsed),
                Steps = parsed.GetValue(steps),
                WarmUp = parsed.GetValue(warmUp),
                Repetitions = parsed.GetValue(repetitions),
                Seed = parsed.GetValue(seed),
            };
            var around = shape.Read(parsed, training.Training(parsed).BatchSize);
            var wanted = Parts(parsed.GetValue(series)!);
            var points = GrowthSeries.All.Where(each => wanted.Contains(each.Name))
                .SelectMany(each => each.Values.Where(value => value <= parsed.GetValue(most[each.Name])).Select(value => (Series: each, Value: value)));
            var results = new List<(string Series, int Value, GrowthResult Result)>();
            foreach (var point in points)
            {
                var result = benchmark.Measure(point.Series.At(around, point.Value));
                error.WriteLine(
                    $"{point.Series.Name} {point.Value:N0}: {result.Failure ?? $"{result.Steps!.MillisecondsAUnit:F4} ms, {result.Steps.UnitsASecond:F1} a second"}");
                results.Add((point.Series.Name, point.Value, result));
            }

            report.Write(parsed, output, description, GrowthTable.Of(description, results), json =>
            {
                json.WriteStartArray("results");
                results.ForEach(each => each.Result.WriteJson(json, each.Series, each.Value));
                json.WriteEndArray();
            });
            return results.Exists(each => each.Result.Failure is not null) ? ExitCode.Failure : ExitCode.Success;
        });
        return command;
    }

    private static string[] Parts(string text) => text.Split(',', StringSplitOptions.TrimEntries);
}
