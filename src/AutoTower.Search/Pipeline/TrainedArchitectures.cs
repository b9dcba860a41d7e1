using AutoTower.Search.Checkpoints;
using AutoTower.Search.Cost;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Space;
using AutoTower.Search.Training;

namespace AutoTower.Search.Pipeline;

/// <summary>The architectures that a run has retrained and ranked so far, in that order, as its checkpoints hold them.</summary>
internal sealed class TrainedArchitectures(ModelShape shape, CostConvention convention) : ICheckpointed
{
    private const string Validation = "validation";
    private readonly List<TrainedArchitecture> _all = [];

    public IReadOnlyList<TrainedArchitecture> All => _all;

    /// <summary>The one with the lowest validation loss; earlier ones first among equals. Null while there is none.</summary>
    public TrainedArchitecture? Best => _all.MinBy(trained => trained.Retraining.BestValidationLoss);

    public void Add(TrainedArchitecture trained) => _all.Add(trained);

    public void Save(CheckpointWriter writer)
    {
        writer.Write("count", _all.Count);
        for (var i = 0; i < _all.Count; i++)
        {
            var trained = _all[i];
            writer.Section($"{i}", () => Save(writer, trained));
        }
    }

    public void Restore(CheckpointReader reader)
    {
        var count = reader.Integer("count");
        for (var i = 0; i < count; i++)
        {
            _all.Add(reader.Section($"{i}", () => Trained(reader)));
        }
    }

    private static void Save(CheckpointWriter writer, TrainedArchitecture trained)
    {
        writer.Write("architecture", trained.Architecture.ToString());
        double[] fitness = trained.Fitness is { } loss ? [loss] : [];
        writer.Write("fitness", fitness);
        writer.Write("best epoch", trained.Retraining.BestEpoch);
        writer.Write("best validation loss", trained.Retraining.BestValidationLoss);
        writer.Write("seconds", trained.Retraining.Duration.TotalSeconds);
        EpochRecords.Save(writer, trained.Retraining.Epochs);
        foreach (var (protocol, metrics) in trained.Test)
        {
            writer.Section($"test/{protocol}", () => Save(writer, metrics));
        }

        if (trained.Ranking.Validation is { } validation)
        {
            writer.Section(Validation, () => Save(writer, validation));
        }
    }

    private static void Save(CheckpointWriter writer, RankingMetrics metrics)
    {
        writer.Write("users", metrics.Users);
        writer.Write("cutoffs", [.. metrics.Cutoffs]);
        writer.Write("recall", [.. metrics.Recall]);
        writer.Write("ndcg", [.. metrics.Ndcg]);
        writer.Write("mrr", [.. metrics.Mrr]);
    }

    private TrainedArchitecture Trained(CheckpointReader reader)
    {
        var architecture = Architecture.Parse(reader.Text("architecture"));
        var result = new RetrainingResult(
            (int)reader.Integer("best epoch"),
            reader.Number("best validation loss"),
            [.. EpochRecords.Restore(reader)],
            TimeSpan.FromSeconds(reader.Number("seconds")));
        var test = Enum.GetValues<EvaluationProtocol>().ToDictionary(
            protocol => protocol, protocol => reader.Section($"test/{protocol}", () => Metrics(reader, protocol)));
        var validation = reader.Has(Validation) ? reader.Section(Validation, () => Metrics(reader, EvaluationProtocol.Strict)) : null;
        var fitness = reader.Numbers("fitness");
        return new TrainedArchitecture(
            architecture, CostModel.Of(architecture, shape, convention), fitness.Length == 0 ? null : fitness[0], result,
            new ModelRanking(test, validation));
    }

    private static RankingMetrics Metrics(CheckpointReader reader, EvaluationProtocol protocol) => new(
        protocol,
        (int)reader.Integer("users"),
        [.. reader.Numbers("cutoffs").Select(cutoff => (int)cutoff)],
        reader.Numbers("recall"),
        reader.Numbers("ndcg"),
        reader.Numbers("mrr"));
}
