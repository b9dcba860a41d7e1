using AutoTower.Autograd.Devices;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Training.Measures;

/// <summary>1 - Recall@50 of full ranking, asked as <see cref="RankingQueries.ForValidation"/> says.</summary>
internal sealed class RecallMeasure(DeviceDataset data, RankingQueries queries, FitnessOptions options) : IFitnessMeasure
{
    /// <summary>K.</summary>
    public const int Cutoff = 50;

    private readonly InteractionBatches _users = new(data, queries.Interactions, options.BatchSize);
    private readonly ItemBatches _items = new(data, options.BatchSize);

    public EvaluationBatches Users => _users;

    public EvaluationBatches Items => _items;

    public double Value(Matrix users, Matrix items)
    {
        var accumulator = new MetricAccumulator(EvaluationProtocol.Strict, [Cutoff]);
        FullRanking.Accumulate(
            data.Device, users.SliceRows(0, queries.Count), items.SliceRows(0, data.Dataset.Items.Count - 1), queries, Cutoff, accumulator);
        return 1 - accumulator.ToMetrics().RecallAt(Cutoff);
    }

    public void Dispose()
    {
        _users.Dispose();
        _items.Dispose();
    }
}
