using System.Globalization;
using System.Text;

namespace AutoTower.Report.Tests;

/// <summary>A small run folder as the program writes it: three iterations of eight candidates, two retrained models.</summary>
internal sealed class SampleRun : IDisposable
{
    public const string Best = "pooling=self-attention; user=mlp-512,sa-1,ew-ip; item=mlp-128,mlp-512,sa-4";
    public const string Second = "pooling=average; user=mlp-16,sa-2,ew-max; item=sa-1,ew-sum,mlp-1024";
    private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("autotower-report-");

    public SampleRun(string name = "run-1")
    {
        Folder = Path.Combine(_parent.FullName, name);
        Directory.CreateDirectory(Folder);
        Write("config.json", """{"command": "search", "version": "0.1.0", "data": "ml-100k", "seed": 7, "max-params": 400000, "max-flops": 250000, "parents": 4}""");
        Write("metrics.jsonl", Metrics());
        Write("report.json", $$"""
            {"search": {"architecture": "{{Best}}", "trained": [{{Model(Best, 0.31, 3)}}, {{Model(Second, 0.29, 2)}}],
              "popularity": {"paper": {"users": 90, "recall@10": 0.1, "recall@50": 0.2, "ndcg@10": 0.08, "ndcg@50": 0.15},
                             "strict": {"users": 88, "recall@10": 0.09, "recall@50": 0.19, "ndcg@10": 0.07, "ndcg@50": 0.13} },
              "candidates_evaluated": 24, "seconds": {"supernet": 10, "evolution": 5, "retraining": 7} }, "run_folder": "x"}
            """);
    }

    public string Folder { get; }

    public void Write(string file, string text) => File.WriteAllText(Path.Combine(Folder, file), text);

    public string Read(string file) => File.ReadAllText(Path.Combine(Folder, file));

    public void Dispose() => _parent.Delete(recursive: true);

    private static string Model(string architecture, double recall, int best) => string.Create(CultureInfo.InvariantCulture, $$"""
        {"architecture": "{{architecture}}", "params": 210000, "flops": 118000.5, "fitness": 6.1, "best_epoch": {{best}},
         "best_validation_loss": 5.2, "seconds": 3.5,
         "epochs": [{"epoch": 1, "training_loss": 6.5, "validation_loss": 6.0}, {"epoch": 2, "training_loss": 6.0, "validation_loss": 5.6},
                    {"epoch": 3, "training_loss": 5.5, "validation_loss": 5.2}, {"epoch": 4, "training_loss": 5.1, "validation_loss": 5.4}],
         "test": {"paper": {"users": 90, "recall@10": {{recall}}, "recall@50": {{recall + 0.1}}, "ndcg@10": {{recall - 0.05}}, "ndcg@50": {{recall}} },
                  "strict": {"users": 88, "recall@10": {{recall - 0.02}}, "recall@50": {{recall}}, "ndcg@10": {{recall - 0.1}}, "ndcg@50": {{recall - 0.06}} } } }
        """);

    private static string Metrics()
    {
        var lines = new StringBuilder();
        for (var step = 100; step <= 2000; step += 100)
        {
            lines.Append(CultureInfo.InvariantCulture, $$"""{"event":"training","phase":"supernet","step":{{step}},"loss":{{7 - (step / 1500.0)}},"steps_per_second":20}""").Append('\n');
        }

        for (var index = 1; index <= 24; index++)
        {
            var architecture = (index % 3) switch
            {
                0 => Best,
                1 => Second,
                _ => "pooling=sum; user=mlp-64,ew-avg,sa-3; item=sa-2,mlp-32,ew-min",
            };
            lines.Append(
                CultureInfo.InvariantCulture,
                $$"""{"event":"candidate","index":{{index}},"iteration":{{((index - 1) / 8) + 1}},"architecture":"{{architecture}}","loss":{{6.5 - (0.01 * index) + (0.05 * (index % 3))}},"params":{{100000 + (index * 9000)}},"flops":{{60000 + (index * 5000)}}}""").Append('\n');
        }

        return lines.ToString();
    }
}
