using System.Globalization;
using AutoTower.Autograd.Devices.Kernels;

namespace AutoTower.Device.Bench;

/// <summary>A retrieval to time: users x items of a width, k results.</summary>
internal sealed record TopKShape(string Name, int Users, int Items, int Width, int K, VectorFormat Format = VectorFormat.Float32, int Excluded = 0);

/// <summary>What the command line asks for.</summary>
internal sealed record TopKBenchOptions
{
    private static readonly TopKShape[] s_gpuShapes =
    [
        new("ml-1m", 6040, 3706, 64, 50),
        new("ml-1m-seen", 6040, 3706, 64, 50, Excluded: 100),
        new("books", 16384, 159_551, 64, 50),
        new("books-k1", 16384, 159_551, 64, 1),
        new("books-k1000", 2048, 159_551, 64, 1000),
        new("books-128", 16384, 159_551, 128, 50),
        new("one-10m", 1, 10_000_000, 64, 100),
        new("one-10m-bf16", 1, 10_000_000, 64, 100, VectorFormat.BFloat16),
        new("eight-10m", 8, 10_000_000, 64, 100),
        new("many-10m", 1024, 10_000_000, 64, 100),
    ];

    private static readonly TopKShape[] s_cpuShapes =
    [
        new("ml-1m", 6040, 3706, 64, 50),
        new("books-1k", 1024, 159_551, 64, 50),
        new("one-1m", 1, 1_000_000, 64, 100),
    ];

    private IReadOnlyList<string>? Only { get; init; }

    public IReadOnlyList<TopKShape> Shapes { get; private init; } = [];

    /// <summary>Folder with kernel sources to use instead of the built-in ones.</summary>
    public string? KernelsDirectory { get; private init; }

    public string? Json { get; private init; }

    public string Commit { get; private init; } = "unknown";

    public int Repeats { get; private init; } = 20;

    public bool OnCpu { get; private init; }

    public bool Check { get; private init; } = true;

    public string CommandLine { get; private init; } = string.Empty;

    public static TopKBenchOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new TopKBenchOptions { CommandLine = $"AutoTower.Device.Bench topk {string.Join(' ', arguments.ToArray())}" };
        var divisor = 1;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--no-check")
            {
                options = options with { Check = false };
                continue;
            }

            var value = i + 1 < arguments.Length ? arguments[i + 1] : throw new ArgumentException($"{arguments[i]} needs a value.");
            options = arguments[i++] switch
            {
                "--json" => options with { Json = value },
                "--commit" => options with { Commit = value },
                "--only" => options with { Only = value.Split(',') },
                "--kernels-dir" => options with { KernelsDirectory = value },
                "--repeats" => options with { Repeats = Number(value) },
                "--device" => options with { OnCpu = value == "cpu" },
                "--items-divided-by" => WithDivisor(options, value, out divisor),
                var other => throw new ArgumentException($"There is no option {other}."),
            };
        }

        var all = options.OnCpu ? s_cpuShapes : s_gpuShapes;
        var chosen = options.Only?.Select(name => Find(all, name)) ?? all;
        return options with
        {
            Shapes = [.. chosen.Select(shape => shape with { Items = shape.Items / divisor, Users = Math.Max(1, shape.Users / divisor) })],
        };
    }

    private static TopKBenchOptions WithDivisor(TopKBenchOptions options, string value, out int divisor)
    {
        divisor = Number(value);
        return options;
    }

    private static int Number(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out var value) && value > 0
        ? value
        : throw new ArgumentException($"'{text}' is no number from 1.");

    private static TopKShape Find(TopKShape[] shapes, string name) => shapes.FirstOrDefault(shape => shape.Name == name)
        ?? throw new ArgumentException($"There is no shape {name}; there are {string.Join(", ", shapes.Select(shape => shape.Name))}.");
}
