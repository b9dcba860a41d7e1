using AutoTower.Autograd.Devices;
using AutoTower.Search.Baselines;
using AutoTower.Search.Checkpoints;
using AutoTower.Search.Cost;
using AutoTower.Search.Data;
using AutoTower.Search.Evaluation;
using AutoTower.Search.Models;
using AutoTower.Search.Space;
using AutoTower.Search.Supernet;
using AutoTower.Search.Training;

namespace AutoTower.Search.Pipeline;

/// <summary>
/// A data set on a device with its split, and what every command does with them: train an architecture, rank with it, compare it with
/// the popularity order.
/// </summary>
public sealed class Experiment : IDisposable
{
    private readonly Dictionary<EvaluationProtocol, RankingQueries> _queries = [];
    private RankingQueries? _validationQueries;

    /// <summary>Uploads the data and prepares the queries of both protocols.</summary>
    /// <param name="device">Where everything runs.</param>
    /// <param name="dataset">The data set.</param>
    /// <param name="protocol">How interactions are split.</param>
    /// <param name="embeddingDimension">E.</param>
    /// <param name="seed">Seed of the split and of everything that follows.</param>
    public Experiment(Device device, Dataset dataset, SplitProtocol protocol, int embeddingDimension, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        Dataset = dataset;
        Seed = seed;
        Split = DataSplit.Create(dataset, protocol, seed);
        if (Split.Train.Length == 0 || Split.Validation.Length == 0 || Split.Test.Length == 0)
        {
            throw new DataException(
                $"{dataset.Name} splits into {Split.Train.Length} training, {Split.Validation.Length} validation and {Split.Test.Length} test "
                + "interactions; each part needs at least one, so users need longer sequences.");
        }

        Data = new DeviceDataset(device, dataset);
        Train = Data.Upload(Split.Train, "training interactions");
        Validation = Data.Upload(Split.Validation, "validation interactions");
        Shape = new ModelShape(dataset.Users.Fields.Count, dataset.Items.Fields.Count, dataset.HistoryFields.Count, dataset.HistoryLength)
        {
            EmbeddingDimension = embeddingDimension,
        };
        foreach (var ranking in Enum.GetValues<EvaluationProtocol>())
        {
            _queries[ranking] = RankingQueries.Create(dataset, Split, ranking, seed);
        }
    }

    /// <summary>Seed of the split and of everything that follows.</summary>
    public ulong Seed { get; }

    /// <summary>The data set on the host.</summary>
    public Dataset Dataset { get; }

    /// <summary>The data set on the device.</summary>
    public DeviceDataset Data { get; }

    /// <summary>Training, validation and test interactions.</summary>
    public DataSplit Split { get; }

    /// <summary>Training interactions on the device.</summary>
    public IntegerArray Train { get; }

    /// <summary>Validation interactions on the device.</summary>
    public IntegerArray Validation { get; }

    /// <summary>Queries that ask for validation items; the same for all models.</summary>
    public RankingQueries ValidationQueries => _validationQueries ??= RankingQueries.ForValidation(Dataset, Split, Seed);

    /// <summary>Sizes of a model for this data.</summary>
    public ModelShape Shape { get; }

    /// <summary>Metrics of the most-popular order on the test set, by protocol.</summary>
    public IReadOnlyDictionary<EvaluationProtocol, RankingMetrics> Popularity() => Rank(new MostPopular(Dataset, Split));

    /// <summary>Metrics of a ranking by counts on the test set, by protocol.</summary>
    public IReadOnlyDictionary<EvaluationProtocol, RankingMetrics> Rank(ItemRanker ranker)
    {
        ArgumentNullException.ThrowIfNull(ranker);
        return _queries.ToDictionary(pair => pair.Key, pair => ranker.Evaluate(pair.Value, pair.Key));
    }

    /// <summary>Metrics of a model on the test set, by protocol.</summary>
    public IReadOnlyDictionary<EvaluationProtocol, RankingMetrics> Rank(ITwoTowerModel model)
    {
        using var ranking = new FullRanking(model);
        return Rank(ranking);
    }

    /// <summary>Metrics of a trained model on the test set and on validation data.</summary>
    public ModelRanking RankAll(ITwoTowerModel model)
    {
        using var ranking = new FullRanking(model);
        return new(Rank(ranking), ranking.Evaluate(ValidationQueries, EvaluationProtocol.Strict));
    }

    /// <summary>Trains <paramref name="architecture"/> from scratch. The caller owns the model.</summary>
    /// <param name="architecture">What to train.</param>
    /// <param name="training">Hyper-parameters of a step.</param>
    /// <param name="retraining">Epochs and early stopping.</param>
    /// <param name="observer">Told what happens.</param>
    /// <param name="cancellation">Ends training between two steps.</param>
    public (TwoTowerModel Model, RetrainingResult Result) TrainFromScratch(
        Architecture architecture,
        TrainingOptions training,
        RetrainingOptions retraining,
        IRunObserver observer,
        CancellationToken cancellation)
    {
        var model = NewModel(SearchSpace.Only(architecture));
        try
        {
            using var job = new ScratchTraining(this, model.At(architecture), training, retraining);
            return (model, job.Run(observer, new RunControl(cancellation)));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>An untrained model of <paramref name="space"/> for this data. The caller owns it.</summary>
    public TwoTowerModel NewModel(SearchSpace space) => new(Data, space, Shape, Seed);

    /// <summary><paramref name="training"/> with a batch that the training set can fill.</summary>
    public TrainingOptions Fit(TrainingOptions training)
    {
        ArgumentNullException.ThrowIfNull(training);
        return training with { BatchSize = Math.Min(training.BatchSize, Split.Train.Length) };
    }

    /// <inheritdoc/>
    public void Dispose() => Data.Dispose();

    private Dictionary<EvaluationProtocol, RankingMetrics> Rank(FullRanking ranking) =>
        _queries.ToDictionary(pair => pair.Key, pair => ranking.Evaluate(pair.Value, pair.Key));
}
